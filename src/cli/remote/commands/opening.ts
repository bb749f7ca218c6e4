import { Option, type Command } from 'commander';
import type { Envelope } from 'kkp-sdk';
import { connect } from '../connect.js';
import { defined } from '../defined.js';
import { dpopKeyOption, type DpopKeyOption } from '../dpop-key.js';
import { asJson, readJsonObject, readSecret, writeOutput } from '../files.js';
import { contextOption, inputOption, outputOption, type Input, type Key, type Output } from '../options.js';
import { performing, remoteCommand, type CommonOptions, type Terminal } from '../remote-command.js';

interface OpeningOptions extends CommonOptions, DpopKeyOption, Input, Output {
  readonly tokenFile: string;
  readonly expectedAudience?: string;
  readonly context?: Record<string, unknown>;
}

/** `kkp decrypt`: an envelope to its bytes, under a token. */
export function decryptCommand(terminal: Terminal): Command {
  return withOpening(
    remoteCommand('decrypt', 'open an envelope under a token: the answer is its bytes'),
  ).action(
    performing<OpeningOptions>(terminal, async (options) => {
      const client = await connect(options);
      const { plaintext, claims } = await client.decrypt({
        ...(await opening(options, terminal)),
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
  return withOpening(
    remoteCommand('rewrap', 'move an envelope to the current version of its key, or to another'),
  )
    .option('--backend <name>', 'where the key to move to is; absent: where it was')
    .option('--key-id <id>', 'the key to move to')
    .action(
      performing<OpeningOptions & Partial<Key>>(terminal, async (options) => {
        const client = await connect(options);
        const { envelope } = await client.rewrap({
          ...(await opening(options, terminal)),
          ...defined({ backend: options.backend, key_id: options.keyId }),
        });
        await writeOutput(options.output, asJson(envelope), terminal.stdout);
      }),
    );
}

const withOpening = (command: Command): Command =>
  command
    .addOption(inputOption('what to read'))
    .addOption(outputOption())
    .addOption(
      new Option('--token-file <file>', 'file with the KKP token')
        .env('KKP_TOKEN_FILE')
        .makeOptionMandatory(),
    )
    .addOption(dpopKeyOption())
    .option('--expected-audience <text>', 'the audience that the token must have')
    .addOption(contextOption());

async function opening({ tokenFile, input, expectedAudience, context }: OpeningOptions, { stdin }: Terminal) {
  return {
    token: await readSecret(tokenFile),
    // The server judges its members.
    envelope: (await readJsonObject(input, stdin)) as unknown as Envelope,
    ...defined({ expected_audience: expectedAudience, context }),
  };
}
