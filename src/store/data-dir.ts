import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { ConfigError } from '../config-error.js';

const GROUP_AND_OTHERS = 0o077;

/**
 * Makes the data directory where there is none (mode 0700).
 * @throws ConfigError when it is no directory, cannot be made, or others than its owner may enter it
 */
export function prepareDataDir(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw dataDirFault(`it cannot be made (${codeOf(error)})`);
  }
  const { mode } = statSync(path);
  if ((mode & GROUP_AND_OTHERS) !== 0) {
    throw dataDirFault('others than its owner may use it. Allowed: a directory of mode 0700');
  }
}

/** Makes sure that files which came or went stay so after a power failure. */
export function syncDirectory(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

export const dataDirFault = (text: string): ConfigError => new ConfigError([`The data directory: ${text}.`]);

export const codeOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException | undefined)?.code ?? 'no code';
