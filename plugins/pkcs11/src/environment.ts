import { readFile } from 'node:fs/promises';
import { KmsError } from 'kkp-plugin-kit';
import type { PinSource } from './config.js';

type Variables = Readonly<Record<string, string | undefined>>;

const LONGEST_PIN = 255;

/** The environment of this process, of which only what the options name is read. */
// eslint-disable-next-line no-restricted-properties -- a module's own variables and the PIN have no other way in
export const ownEnvironment = (): Variables => process.env;

/** The whole environment of the module's process: the named variables, as far as they are set. */
export function pick(names: readonly string[], variables: Variables): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = variables[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * The PIN, without the line break that a file ends with. The caller zeroes it.
 *
 * @throws KmsError `access-denied` of side `proxy`
 */
export async function readPin(source: PinSource, variables: Variables): Promise<Buffer> {
  const text =
    'file' in source ? await readBytes(source.file) : Buffer.from(variables[source.variable] ?? '');
  const pin = withoutLineBreak(text);
  if (pin.length > 0 && pin.length <= LONGEST_PIN && !pin.includes(0)) return pin;
  text.fill(0);
  throw denied('file' in source ? 'pinFile holds no PIN.' : 'The variable of pinEnv holds no PIN.');
}

function withoutLineBreak(text: Buffer): Buffer {
  const end = text.at(-1) === 0x0a ? text.length - 1 : text.length;
  return text.subarray(0, end > 0 && text[end - 1] === 0x0d ? end - 1 : end);
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw denied(`pinFile cannot be read (${code ?? 'unknown'}).`);
  }
}

const denied = (message: string): KmsError => new KmsError('access-denied', message, { side: 'proxy' });
