import { readFile, stat } from 'node:fs/promises';

/** A policy as files: slash paths relative to its folder or bundle, without a leading slash. */
export type PolicyFiles = ReadonlyMap<string, Uint8Array>;

/** A policy of more files than this is taken for a mistake. */
export const MAX_FILES = 1000;

/** @throws Error when the file is larger than allowed */
export async function readCapped(path: string, maxBytes: number): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > maxBytes) {
    throw new Error(`${path} has ${size} bytes; ${maxBytes} are allowed`);
  }
  return readFile(path);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws Error that names the file when it is not UTF-8 */
export function textOf(name: string, bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new Error(`${name} is not UTF-8`, { cause: error });
  }
}

/** @throws Error that names the file when it is not JSON */
export function jsonOf(name: string, bytes: Uint8Array): unknown {
  const text = textOf(name, bytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
