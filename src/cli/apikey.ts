import { Command, InvalidArgumentError } from 'commander';
import { addToFile, isName, isScope, makeKey, type ApiKeyEntry } from '../callers/index.js';
import type { Clock } from '../clock.js';
import type { Random } from '../random.js';

interface CreateOptions {
  readonly name: string;
  readonly scope: readonly string[];
  readonly expires?: string;
  readonly file?: string;
}

const UNITS: Readonly<Record<string, number>> = { h: 3600_000, d: 24 * 3600_000 };

/** `kkp apikey create`: makes a key, tells it once, and keeps nothing but its salted hash. */
export function apikeyCommand(
  { stdout }: Pick<NodeJS.Process, 'stdout'>,
  clock: Clock,
  random: Random,
): Command {
  const apikey = new Command('apikey').description('make API keys for callers');
  apikey
    .command('create')
    .description('print a new key, once, and the entry for "callers" that recognises it')
    .requiredOption('-n, --name <name>', 'who will hold the key: the id of the caller', parseName)
    .option('-s, --scope <scope...>', 'scopes of the caller: kkp:issue, kkp:admin or your own', addScope, [])
    .option('-e, --expires <time>', 'when the key ends: 12h, 90d, or 2027-01-31T00:00:00Z', (text) =>
      parseExpiry(text, clock),
    )
    .option('-f, --file <file>', 'add the entry to this JSON or YAML list of keys')
    .action(({ name, scope, expires, file }: CreateOptions) => {
      const { key, id, hash } = makeKey(random);
      const entry = { id, name, hash, scopes: scope, ...(expires !== undefined && { expires_at: expires }) };
      if (file !== undefined) save(file, entry, apikey);
      stdout.write(`${JSON.stringify({ key, entry, ...(file !== undefined && { file }) }, null, 2)}\n`);
    });
  return apikey;
}

function save(file: string, entry: ApiKeyEntry, command: Command): void {
  try {
    addToFile(file, entry);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    command.error(
      `kkp: ${code === 'EEXIST' ? `${file}.new is there: another writer, or one that failed` : message}`,
    );
  }
}

function parseName(text: string): string {
  if (!isName(text)) throw new InvalidArgumentError('Allowed: 1 to 512 characters.');
  return text;
}

function addScope(text: string, scopes: readonly string[]): readonly string[] {
  if (!isScope(text)) throw new InvalidArgumentError('Allowed: a scope, without spaces and quotes.');
  return [...scopes, text];
}

function parseExpiry(text: string, clock: Clock): string {
  const [, count, unit = ''] = /^([1-9]\d{0,4})([hd])$/.exec(text) ?? [];
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)$/.test(text);
  const end =
    count === undefined ? Date.parse(isTime ? text : '') : clock.now() + Number(count) * (UNITS[unit] ?? NaN);
  if (!(end > clock.now())) {
    throw new InvalidArgumentError(
      'Allowed: hours or days like 12h and 90d, or a time to come like 2027-01-31T00:00:00Z.',
    );
  }
  return new Date(end).toISOString();
}
