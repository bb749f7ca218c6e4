import { OptionReader } from 'kkp-plugin-kit';
import { parseConfig } from './config.js';
import { LocalKeyStore, type KeyListing } from './key-store.js';
import type { StorePlace } from './store.js';

/** What was written on the command line, beside the name of the command. */
interface Arguments {
  readonly names: readonly string[];
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
}

/** The command line makes no sense; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Gives what to print. */
type Command = (given: Arguments) => Promise<string>;

const onKey =
  (act: (store: LocalKeyStore, name: string, given: Arguments) => Promise<string>): Command =>
  async (given) => {
    const [name, ...others] = given.names;
    if (name === undefined || others.length > 0) throw new UsageError('Give the name of one key.');
    return act(await LocalKeyStore.open(placeOf(given)), name, given);
  };

const onStore =
  (act: (given: Arguments) => Promise<string>): Command =>
  async (given) => {
    if (given.names.length > 0) throw new UsageError('This command takes no name of a key.');
    return act(given);
  };

export const COMMANDS: Readonly<Record<string, Command>> = {
  init: onStore(async (given) => {
    await LocalKeyStore.create(placeOf(given));
    return 'The store is made.';
  }),
  list: onStore(async (given) => {
    const keys = await (await LocalKeyStore.open(placeOf(given))).list();
    return given.flags.json === true ? JSON.stringify(keys, null, 2) : tableOf(keys);
  }),
  'change-root': onStore(async (given) => {
    const next = placeOf(given, 'new-');
    await (await LocalKeyStore.open(placeOf(given))).changeRoot(next.root);
    return 'The store opens with the new root only. Older copies of it still open with the old one.';
  }),
  create: onKey(async (store, name) => {
    await store.createKey(name);
    return `Key ${name} is made.`;
  }),
  rotate: onKey(
    async (store, name) => `Version ${await store.rotate(name)} of key ${name} wraps from now on.`,
  ),
  disable: onKey(async (store, name) => {
    await store.disable(name);
    return `Key ${name} is disabled.`;
  }),
  enable: onKey(async (store, name) => {
    await store.enable(name);
    return `Key ${name} is enabled.`;
  }),
  'min-version': onKey(async (store, name, given) => {
    const version = versionOf(given);
    if (version === undefined) throw new UsageError('Give the least version with --version.');
    await store.setMinVersion(name, version);
    return `Key ${name} opens nothing below version ${version}.`;
  }),
  destroy: onKey(async (store, name, given) => {
    const version = versionOf(given);
    const what = version === undefined ? `key ${name}` : `version ${version} of key ${name}`;
    if (given.flags.yes !== true) {
      throw new UsageError(
        `What ${what} has wrapped will never open again. Repeat with --yes if that is meant.`,
      );
    }
    await store.destroy(name, version);
    return `The material of ${what} is gone from the store. Backups may still hold it.`;
  }),
};

/** The store that the flags name, or with the prefix `new-` the same store under the root that it shall get. */
function placeOf({ flags }: Arguments, prefix: '' | 'new-' = ''): StorePlace {
  const read = new OptionReader({
    dir: flags.dir,
    rootKeyFile: flags[`${prefix}root-key-file`],
    passphraseFile: flags[`${prefix}passphrase-file`],
  });
  const place = parseConfig(read);
  const lines = read.faults().map(({ path, allowed }) => {
    const flag = path === 'dir' ? path : `${prefix}${kebab(path)}`;
    return `--${flag}: ${kebab(allowed)}.`;
  });
  if (lines.length > 0) throw new UsageError(lines.join('\n'));
  return place;
}

const kebab = (text: string): string => text.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function versionOf({ flags: { version } }: Arguments): number | undefined {
  if (version === undefined) return undefined;
  if (typeof version === 'string' && /^[1-9]\d{0,8}$/.test(version)) return Number(version);
  throw new UsageError('--version: must be a whole number from 1.');
}

function tableOf(keys: readonly KeyListing[]): string {
  const rows = keys.map(({ name, state, latest, minVersion, versions }) => {
    const created = versions.at(-1)?.createdAt;
    const kept = versions.map(({ version }) => version).join(',');
    const time = created === undefined ? '-' : new Date(created).toISOString();
    return [name, state, String(latest), String(minVersion), kept || '-', time];
  });
  const table = [['KEY', 'STATE', 'LATEST', 'MIN', 'VERSIONS', 'ROTATED'], ...rows];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  const lineOf = (row: readonly string[]) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ');
  return table.map((row) => lineOf(row).trimEnd()).join('\n');
}
