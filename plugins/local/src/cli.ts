import { parseArgs } from 'node:util';
import { isKmsError } from 'kkp-plugin-kit';
import { COMMANDS, UsageError } from './commands.js';

/** Where a command prints. */
interface Output {
  out(text: string): void;
  err(text: string): void;
}

const USAGE = `kkp-plugin-local COMMAND [KEY] --dir DIR (--root-key-file FILE | --passphrase-file FILE)

  init                         make a store
  list [--json]                its keys
  create KEY                   make a key
  rotate KEY                   give it a new version, which wraps from now on
  disable KEY, enable KEY      forbid its use, and allow it again
  min-version KEY --version N  open nothing that an older version wrapped
  destroy KEY [--version N] --yes
                               forget the key, or one old version, for ever
  change-root (--new-root-key-file FILE | --new-passphrase-file FILE)
                               seal the store with another root`;

const FLAGS = {
  dir: { type: 'string' },
  'root-key-file': { type: 'string' },
  'passphrase-file': { type: 'string' },
  'new-root-key-file': { type: 'string' },
  'new-passphrase-file': { type: 'string' },
  version: { type: 'string' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** Runs one command. Gives the exit status: 0, 1 when the store refused, 2 when the command line makes no sense. */
export async function run(args: readonly string[], output: Output): Promise<number> {
  try {
    output.out(await perform(args));
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      output.err(error.message);
      return 2;
    }
    if (!isKmsError(error)) throw error;
    output.err(`${error.message} (${error.providerCode ?? error.code})`);
    return 1;
  }
}

async function perform(args: readonly string[]): Promise<string> {
  const { positionals, values } = parse(args);
  const [name = '', ...names] = positionals;
  if (values.help === true) return USAGE;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new UsageError(USAGE);
  return command({ names, flags: values });
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}
