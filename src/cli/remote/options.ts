import { InvalidArgumentError, Option, type Command } from 'commander';
import type { TokenUse } from 'kkp-sdk';
import { isJsonObject, parseStrictJson } from '../../strict-json.js';

/** Of which key something is, or is to be. */
export interface Key {
  readonly backend: string;
  readonly keyId: string;
}

export const withKey = (command: Command): Command =>
  command.requiredOption('--backend <name>', 'where the key is').requiredOption('--key-id <id>', 'the key');

export interface Input {
  readonly input: string;
}

export const inputOption = (what: string): Option =>
  new Option('-i, --input <file>', `${what}; - is standard input`).default('-');

export interface Output {
  readonly output: string;
}

export const outputOption = (): Option =>
  new Option('-o, --output <file>', 'where the answer goes; - is standard output').default('-');

export const urlOption = (): Option =>
  new Option('--url <url>', 'where the server is').env('KKP_URL').default('http://localhost:8080');

export const timeoutOption = (): Option =>
  new Option('--timeout <seconds>', 'how long a call may take').default(10).argParser(wholeNumber);

export const contextOption = (): Option =>
  new Option('--context <json>', 'for the policy').argParser(jsonObject);

/** What a token is to be, whichever way it is asked for. */
export interface Wanted {
  readonly ttl?: number;
  readonly policyClaims?: Record<string, unknown>;
  readonly ops?: TokenUse[];
}

/** @param unless what a token is for that no `--ops` are asked of */
export const withWanted = (command: Command, unless: string): Command =>
  command
    .option('--ttl <seconds>', 'how long it lives; the server has a default and a maximum', wholeNumber)
    .option('--policy-claims <json>', 'goes into the token as it is', jsonObject)
    .addOption(
      new Option('--ops <names...>', `what it is for; absent: ${unless}`).choices([
        'decrypt',
        'encrypt',
        'rewrap',
        'data_key',
      ]),
    );

/** @throws InvalidArgumentError for what is no whole number above zero */
export function wholeNumber(text: string): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (number < 1) throw new InvalidArgumentError('Allowed: a whole number above 0.');
  return number;
}

/** @throws InvalidArgumentError */
export function jsonObject(text: string): Record<string, unknown> {
  const value = parseStrictJson(Buffer.from(text));
  if (!isJsonObject(value)) throw new InvalidArgumentError('Allowed: a JSON object.');
  return value;
}
