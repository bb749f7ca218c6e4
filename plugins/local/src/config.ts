import { relative, resolve, sep } from 'node:path';
import type { KmsPluginOptions, OptionReader } from 'kkp-plugin-kit';
import type { RootFile } from './root.js';
import type { StorePlace } from './store.js';

export interface LocalOptions extends KmsPluginOptions {
  /** The directory of the store, made by `kkp-plugin-local init`. */
  readonly dir: string;
  /** The file of the root key: 32 random bytes, raw or in base64url. This or `passphraseFile`. */
  readonly rootKeyFile?: string;
  /** The file of the passphrase: one line of 16 to 1024 bytes. */
  readonly passphraseFile?: string;
}

export type LocalConfig = StorePlace;

const PATH_ALLOWED = 'must be a path';

/** Also of use for the command line, whose flags have the same names. */
export function parseConfig(read: OptionReader): LocalConfig {
  const dir = read.string('dir', PATH_ALLOWED, isPath);
  const keyFile = read.optionalString('rootKeyFile', PATH_ALLOWED, isPath);
  const passphraseFile = read.optionalString('passphraseFile', PATH_ALLOWED, isPath);
  const file = keyFile ?? passphraseFile ?? '';
  const kind = keyFile === undefined ? 'passphrase' : 'key';
  const option = kind === 'key' ? 'rootKeyFile' : 'passphraseFile';
  if ((keyFile === undefined) === (passphraseFile === undefined)) {
    read.fault('rootKeyFile', 'give either rootKeyFile or passphraseFile');
  } else if (isWithin(dir, file)) {
    read.fault(option, 'must not be in the directory of the store: who copies that would have both');
  }
  return { dir, root: { kind, file } satisfies RootFile };
}

const isPath = (text: string): boolean => text.length > 0 && !text.includes('\0');

function isWithin(dir: string, file: string): boolean {
  const [first] = relative(resolve(dir), resolve(file)).split(sep);
  return dir !== '' && first !== '..';
}
