import { Option, type Command } from 'commander';
import type { Envelope } from 'kkp-sdk';
import { dpopKeyOption, type DpopKeyOption } from './dpop-key.js';
import { readInput, readJsonObject, readSecret, writeOutput } from './files.js';
import {
  connect,
  jsonObject,
  performing,
  remoteCommand,
  type CommonOptions,
  type Terminal,
} from './remote-command.js';

interface Key {
  readonly backend: string;
  readonly keyId: string;
}

interface Ends {
  readonly input: string;
  readonly output: string;
}

interface Presented extends DpopKeyOption {
  readonly tokenFile: string;
  readonly expectedAudience?: string;
  readonly context?: Record<string, unknown>;
}

type Sealing = CommonOptions &
  Key &
  Ends &
  DpopKeyOption & { associatedData?: string; tokenFile?: string; context?: Record<string, unknown> };

/** `kkp encrypt`: any bytes to an envelope. */
export function encryptCommand(terminal: Terminal): Command {
  return withSealing(
    withEnds(withKey(remoteCommand('encrypt', 'seal bytes: the answer is an envelope, as JSON'))),
  ).action(
    performing<Sealing>(terminal, async (options) => {
      const { backend, keyId, input, output } = options;
      const client = await connect(options);
      const { envelope } = await client.encrypt({
        backend,
        key_id: keyId,
        plaintext: await readInput(input, terminal.stdin),
        ...(await sealing(options)),
      });
      await writeOutput(output, asJson(envelope), terminal.stdout);
    }),
  );
}

/** `kkp decrypt`: an envelope to its bytes, under a token. */
export function decryptCommand(terminal: Terminal): Command {
  return withToken(
    withEnds(remoteCommand('decrypt', 'open an envelope under a token: the answer is its bytes')),
  ).action(
    performing<CommonOptions & Ends & Presented>(terminal, async (options) => {
      const client = await connect(options);
      const { plaintext, claims } = await client.decrypt({
        ...(await presented(options)),
        envelope: await readEnvelope(options.input, terminal),
        encoding: 'base64',
      });
      const bytes = Buffer.from(plaintext);
      const answer = options.json ? asJson({ plaintext_base64: bytes.toString('base64url'), claims }) : bytes;
      await writeOutput(options.output, answer, terminal.stdout);
    }),
  );
}

/** `kkp rewrap`: an envelope to the current version of its key, or to another key. */
export function rewrapCommand(terminal: Terminal): Command {
  return withToken(
    withEnds(remoteCommand('rewrap', 'move an envelope to the current version of its key, or to another')),
  )
    .option('--backend <name>', 'where the key to move to is; absent: where it was')
    .option('--key-id <id>', 'the key to move to')
    .action(
      performing<CommonOptions & Ends & Presented & Partial<Key>>(terminal, async (options) => {
        const client = await connect(options);
        const { envelope } = await client.rewrap({
          ...(await presented(options)),
          envelope: await readEnvelope(options.input, terminal),
          ...defined({ backend: options.backend, key_id: options.keyId }),
        });
        await writeOutput(options.output, asJson(envelope), terminal.stdout);
      }),
    );
}

/** `kkp datakey`: a fresh key, and the envelope that holds it. */
export function dataKeyCommand(terminal: Terminal): Command {
  return withSealing(
    withKey(remoteCommand('datakey', 'make a data key: the answer is its envelope and plaintext, as JSON')),
  )
    .option('-o, --output <file>', 'where the answer goes; - is standard output', '-')
    .addOption(new Option('--bytes <count>', 'how long the key is').choices(['16', '32', '64']).default('32'))
    .option('--no-plaintext', 'the envelope alone')
    .action(
      performing<Sealing & { bytes: string; plaintext: boolean }>(terminal, async (options) => {
        const client = await connect(options);
        const made = await client.createDataKey({
          backend: options.backend,
          key_id: options.keyId,
          bytes: Number(options.bytes) as 16 | 32 | 64,
          include_plaintext: options.plaintext,
          ...(await sealing(options)),
        });
        const plaintext = 'plaintext' in made ? Buffer.from(made.plaintext).toString('base64url') : undefined;
        const answer = asJson({ envelope: made.envelope, plaintext_base64: plaintext });
        await writeOutput(options.output, answer, terminal.stdout);
      }),
    );
}

const withKey = (command: Command): Command =>
  command.requiredOption('--backend <name>', 'where the key is').requiredOption('--key-id <id>', 'the key');

const withEnds = (command: Command): Command =>
  command
    .option('-i, --input <file>', 'what to read; - is standard input', '-')
    .option('-o, --output <file>', 'where the answer goes; - is standard output', '-');

/** Without a default from the environment: a token that is for something else would be refused in place of the credential. */
const withSealing = (command: Command): Command =>
  command
    .option('--associated-data <text>', 'bound to the envelope, and readable in it')
    .option('--context <json>', 'for the policy', jsonObject)
    .option(
      '--token-file <file>',
      'file with a KKP token for this, in place of a credential or beside an API key',
    )
    .addOption(dpopKeyOption());

async function sealing({ tokenFile, associatedData, context }: Sealing) {
  const token = tokenFile === undefined ? undefined : await readSecret(tokenFile);
  return defined({ token, associated_data: associatedData, policy_context: context });
}

const withToken = (command: Command): Command =>
  command
    .addOption(
      new Option('--token-file <file>', 'file with the KKP token')
        .env('KKP_TOKEN_FILE')
        .makeOptionMandatory(),
    )
    .addOption(dpopKeyOption())
    .option('--expected-audience <text>', 'the audience that the token must have')
    .option('--context <json>', 'for the policy', jsonObject);

async function presented({ tokenFile, expectedAudience, context }: Presented) {
  return {
    token: await readSecret(tokenFile),
    ...defined({ expected_audience: expectedAudience, context }),
  };
}

/** The server judges its members. */
const readEnvelope = async (path: string, { stdin }: Terminal): Promise<Envelope> =>
  (await readJsonObject(path, stdin)) as unknown as Envelope;

const asJson = (value: object): string => `${JSON.stringify(value)}\n`;

/** The members that were given. */
export function defined<Members extends Record<string, unknown>>(
  members: Members,
): { [Name in keyof Members]?: Exclude<Members[Name], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}
