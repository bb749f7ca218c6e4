import { readFileSync } from 'node:fs';
import type { TokenVectorFile } from '../../../../../test/vectors/tokens/types.js';

/** The vectors that the server and both SDKs share. */
export function readTokenVectors(): TokenVectorFile {
  const path = new URL('../../../../../test/vectors/tokens.json', import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as TokenVectorFile;
}
