import { Option, type Command } from 'commander';
import { connect } from '../connect.js';
import { defined } from '../defined.js';
import { dpopKeyOption, type DpopKeyOption } from '../dpop-key.js';
import { asJson, readInput, readSecret, writeOutput } from '../files.js';
import {
  contextOption,
  inputOption,
  outputOption,
  withKey,
  type Input,
  type Key,
  type Output,
} from '../options.js';
import { performing, remoteCommand, type CommonOptions, type Terminal } from '../remote-command.js';

interface SealingOptions extends CommonOptions, DpopKeyOption, Key, Output {
  readonly associatedData?: string;
  readonly tokenFile?: string;
  readonly context?: Record<string, unknown>;
}

/** `kkp encrypt`: any bytes to an envelope. */
export function encryptCommand(terminal: Terminal): Command {
  const command = withKey(remoteCommand('encrypt', 'seal bytes: the answer is an envelope, as JSON'));
  return withSealing(command.addOption(inputOption('what to read'))).action(
    performing<SealingOptions & Input>(terminal, async (options) => {
      const client = await connect(options);
      const { envelope } = await client.encrypt({
        ...(await sealing(options)),
        plaintext: await readInput(options.input, terminal.stdin),
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
    .addOption(new Option('--bytes <count>', 'how long the key is').choices(['16', '32', '64']).default('32'))
    .option('--no-plaintext', 'the envelope alone')
    .action(
      performing<SealingOptions & { bytes: string; plaintext: boolean }>(terminal, async (options) => {
        const client = await connect(options);
        const made = await client.createDataKey({
          ...(await sealing(options)),
          bytes: Number(options.bytes) as 16 | 32 | 64,
          include_plaintext: options.plaintext,
        });
        const plaintext = 'plaintext' in made ? Buffer.from(made.plaintext).toString('base64url') : undefined;
        const answer = asJson({ envelope: made.envelope, plaintext_base64: plaintext });
        await writeOutput(options.output, answer, terminal.stdout);
      }),
    );
}

/** Without a default from the environment: a token that is for something else would be refused in place of the credential. */
const withSealing = (command: Command): Command =>
  command
    .addOption(outputOption())
    .option('--associated-data <text>', 'bound to the envelope, and readable in it')
    .addOption(contextOption())
    .option(
      '--token-file <file>',
      'file with a KKP token for this, in place of a credential or beside an API key',
    )
    .addOption(dpopKeyOption());

async function sealing({ backend, keyId, tokenFile, associatedData, context }: SealingOptions) {
  const token = tokenFile === undefined ? undefined : await readSecret(tokenFile);
  return {
    backend,
    key_id: keyId,
    ...defined({ token, associated_data: associatedData, policy_context: context }),
  };
}
