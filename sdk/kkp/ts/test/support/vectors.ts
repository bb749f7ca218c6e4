import { readFileSync } from 'node:fs';
import type { StreamVectorFile } from '../../../../../test/vectors/streams/types.js';
import type { TokenVectorFile } from '../../../../../test/vectors/tokens/types.js';

/** The vectors that the server and both SDKs share. */
export const readTokenVectors = (name: string): TokenVectorFile => read(name) as TokenVectorFile;

/** Tokens under keys of small order, which they share too. */
export const readLowOrderVectors = (): TokenVectorFile => read('low-order.json') as TokenVectorFile;

/** The vectors that both SDKs share. */
export const readStreamVectors = (): StreamVectorFile => read('streams.json') as StreamVectorFile;

function read(name: string): unknown {
  const path = new URL(`../../../../../test/vectors/${name}`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8'));
}
