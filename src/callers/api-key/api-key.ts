import { systemClock, type Clock } from '../../clock.js';
import { readOptions } from '../options.js';
import { ApiKeyAuthenticator } from './api-key-authenticator.js';
import { readEntries, type ApiKeyEntry } from './entries.js';
import { KeyFile } from './key-file.js';

/** Callers with an API key, configured here or in a file. */
export interface ApiKeyOptions {
  readonly keys?: readonly ApiKeyEntry[];
  /** A JSON or YAML list of keys, read again when it changes. */
  readonly file?: string;
}

/** @throws ConfigError, also for a file that cannot be used */
export function apiKey(options: ApiKeyOptions, clock: Clock = systemClock): ApiKeyAuthenticator {
  const { keys, file } = readOptions(options, (read) => {
    const path = read.optionalString('file', 'must be the path of a file', (text) => text !== '');
    const list = read.value('keys');
    if ((path === undefined) === (list === undefined))
      read.fault('keys', 'must be there, or file, and not both');
    const fault = (at: string, allowed: string): void => read.fault(at, allowed);
    return { keys: list === undefined ? undefined : readEntries(list, 'keys', fault), file: path };
  });
  const source = file === undefined ? { keys: keys ?? new Map() } : new KeyFile(file, clock);
  return new ApiKeyAuthenticator(source, clock);
}
