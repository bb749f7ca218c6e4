import { open, writeFile, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { isJsonObject, parseStrictJson } from '../../strict-json.js';
import { UsageError } from './exit-codes.js';

const MAX_INPUT_BYTES = 16 * 1024 * 1024;
const MAX_SECRET_BYTES = 16 * 1024;
const GROUP_AND_OTHERS = 0o077;

/** A file whole, or standard input for `-`. @throws UsageError when it cannot be read or is too long */
export async function readInput(path: string, stdin: Readable): Promise<Buffer> {
  return path === '-'
    ? collect(stdin, 'standard input', MAX_INPUT_BYTES)
    : readFileUpTo(path, MAX_INPUT_BYTES);
}

/** A file whole, as text. @throws UsageError when it cannot be read or is too long */
export async function readText(path: string): Promise<string> {
  return (await readFileUpTo(path, MAX_INPUT_BYTES)).toString('utf8');
}

/** The one line of a file: a token or a key. The newline at its end, which editors leave, is not part of it. */
export async function readSecret(path: string): Promise<string> {
  return withoutNewline(await readFileUpTo(path, MAX_SECRET_BYTES));
}

/**
 * A private key whole, of a file that only its owner may use: as with ssh, another's would not be worth its name.
 * @throws UsageError when it cannot be read, or others may use it
 */
export async function readPrivateFile(path: string): Promise<Buffer> {
  return readFileUpTo(path, MAX_SECRET_BYTES, async (file) => {
    const { mode } = await file.stat();
    if ((mode & GROUP_AND_OTHERS) === 0) return;
    throw new UsageError(`others than its owner may use ${path}. Allowed: a file of mode 0600 or 0400`);
  });
}

/** As `readSecret`, for a token that may come from standard input. */
export async function readToken(path: string, stdin: Readable): Promise<string> {
  return withoutNewline(await readInput(path, stdin));
}

/** @throws UsageError for what is no JSON object, without a word of it */
export async function readJsonObject(path: string, stdin: Readable): Promise<Record<string, unknown>> {
  const value = parseStrictJson(await readInput(path, stdin));
  if (isJsonObject(value)) return value;
  throw new UsageError(`${path === '-' ? 'standard input' : path} is not one JSON object`);
}

/** To a file that only its owner may read, or to standard output for `-`. */
export async function writeOutput(
  path: string,
  data: string | Uint8Array,
  stdout: NodeJS.WritableStream,
): Promise<void> {
  if (path === '-') {
    await new Promise<void>((resolve, reject) => {
      stdout.write(data, (error) => (error ? reject(error) : resolve()));
    });
    return;
  }
  try {
    await writeFile(path, data, { mode: 0o600 });
  } catch (error) {
    throw new UsageError(`${path} cannot be written (${codeOf(error)})`);
  }
}

export const asJson = (value: object): string => `${JSON.stringify(value)}\n`;

const withoutNewline = (bytes: Buffer): string => bytes.toString('utf8').replace(/\r?\n$/, '');

async function readFileUpTo(
  path: string,
  most: number,
  check: (file: FileHandle) => Promise<void> = () => Promise.resolve(),
): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    await check(file);
    return await collect(file.createReadStream({ autoClose: false }), path, most);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} cannot be read (${codeOf(error)})`);
  } finally {
    await file?.close();
  }
}

async function collect(source: Readable, name: string, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) throw new UsageError(`${name} is longer than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : 'for a reason unknown';
