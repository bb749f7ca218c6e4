import { isAbsolute } from 'node:path';
import type { KmsPluginOptions, OptionReader } from 'kkp-plugin-kit';
import { MECHANISMS, type Mechanism } from './mechanism.js';

export interface Pkcs11Options extends KmsPluginOptions {
  /** Absolute path of the module, for example `/usr/lib/softhsm/libsofthsm2.so`. */
  readonly module: string;
  /** The token, by its label, its serial number, or both. */
  readonly tokenLabel?: string;
  readonly tokenSerial?: string;
  /** The file that holds the user PIN, or the environment variable that does; read at each login. */
  readonly pinFile?: string;
  readonly pinEnv?: string;
  /** How keys wrap. Default `CKM_AES_GCM`. */
  readonly mechanism?: Mechanism;
  /** Who makes the IVs of `CKM_AES_GCM`: KKP, or the module as FIPS 140 asks of it. Default `caller`. */
  readonly iv?: 'caller' | 'module';
  /** Operations at once, each on a session of its own; one more session holds the login. Default 8. */
  readonly sessions?: number;
  /** Calls that may wait for a session. One more is `throttled`. Default 256. */
  readonly queue?: number;
  /** How long what was looked up of a key may be used again, in seconds. Default 0: it is looked up at each call. */
  readonly rememberKeysSeconds?: number;
  /** After this many seconds without an answer the module counts as hung and its process is killed. Default 30. */
  readonly hungSeconds?: number;
  /** Environment variables that the module needs, by name. Its process gets no others. */
  readonly env?: readonly string[];
}

/** Where the PIN is read. */
export type PinSource = { readonly file: string } | { readonly variable: string };

export interface Pkcs11Config {
  readonly module: string;
  readonly tokenLabel: string | undefined;
  readonly tokenSerial: string | undefined;
  readonly pin: PinSource;
  readonly mechanism: Mechanism;
  readonly iv: 'caller' | 'module';
  readonly sessions: number;
  readonly queue: number;
  readonly rememberMs: number;
  readonly hungMs: number;
  readonly env: readonly string[];
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const VARIABLE_ALLOWED = 'must be the name of an environment variable';
/** CK_TOKEN_INFO: 32 bytes of label and 16 of serial number, padded with blanks. */
const LABEL = /^[\x21-\x7e](?:[\x20-\x7e]{0,30}[\x21-\x7e])?$/;
const SERIAL = /^[\x21-\x7e]{1,16}$/;

export function parseConfig(read: OptionReader): Pkcs11Config {
  const tokenLabel = read.optionalString('tokenLabel', 'must be 1 to 32 ASCII characters', matches(LABEL));
  const tokenSerial = read.optionalString('tokenSerial', 'must be 1 to 16 ASCII characters', matches(SERIAL));
  if (tokenLabel === undefined && tokenSerial === undefined) {
    read.fault('tokenLabel', 'give tokenLabel, tokenSerial or both');
  }
  const mechanism = read.oneOf('mechanism', MECHANISMS, 'CKM_AES_GCM');
  const iv = read.oneOf('iv', ['caller', 'module'], 'caller');
  if (iv === 'module' && mechanism !== 'CKM_AES_GCM') read.fault('iv', 'belongs to CKM_AES_GCM');
  const pin = parsePin(read);
  return {
    module: read.string('module', 'must be an absolute path', isFile),
    tokenLabel,
    tokenSerial,
    pin,
    mechanism,
    iv,
    sessions: read.integer('sessions', { min: 1, max: 128 }, 8),
    queue: read.integer('queue', { min: 0, max: 10_000 }, 256),
    rememberMs: read.integer('rememberKeysSeconds', { min: 0, max: 300 }, 0) * 1000,
    hungMs: read.integer('hungSeconds', { min: 1, max: 600 }, 30) * 1000,
    env: parseEnv(read, pin),
  };
}

function parsePin(read: OptionReader): PinSource {
  const file = read.optionalString('pinFile', 'must be an absolute path', isFile);
  const variable = read.optionalString('pinEnv', VARIABLE_ALLOWED, matches(VARIABLE));
  if ((file === undefined) === (variable === undefined))
    read.fault('pinFile', 'give either pinFile or pinEnv');
  return file === undefined ? { variable: variable ?? '' } : { file };
}

function parseEnv(read: OptionReader, pin: PinSource): readonly string[] {
  const names = read.strings('env');
  if (!names.every(matches(VARIABLE))) read.fault('env', 'each must be the name of an environment variable');
  if ('variable' in pin && names.includes(pin.variable)) {
    read.fault('env', 'must not name the variable of the PIN: the PIN is handed over in another way');
  }
  return names;
}

const matches = (pattern: RegExp) => (text: string) => pattern.test(text);

const isFile = (text: string): boolean => isAbsolute(text) && !text.includes('\0');
