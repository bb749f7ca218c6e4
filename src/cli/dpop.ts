import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { jwkThumbprint, type DpopAlgorithm } from 'kkp-sdk';
import {
  codeOf,
  offlineCommand,
  performing,
  readDpopKey,
  UsageError,
  type Terminal,
} from './remote/index.js';

interface CreateOptions {
  readonly json?: true;
  readonly output: string;
  readonly alg: DpopAlgorithm;
}

interface ThumbprintOptions {
  readonly json?: true;
  readonly input: string;
}

/** `kkp dpop create|thumbprint`: the keys that tokens are bound to. */
export function dpopCommand(terminal: Terminal): Command {
  return new Command('dpop')
    .description('make the keys that tokens can be bound to (RFC 9449)')
    .exitOverride()
    .addCommand(createCommand(terminal))
    .addCommand(thumbprintCommand(terminal));
}

const createCommand = (terminal: Terminal): Command =>
  offlineCommand('create', 'make a private key: the answer is its thumbprint, the jkt of a token')
    .requiredOption('-o, --output <file>', 'where the key goes, in PEM; the file must not be there yet')
    .addOption(new Option('--alg <name>', 'kind of the key').choices(['ES256', 'EdDSA']).default('ES256'))
    .action(
      performing<CreateOptions>(terminal, async ({ alg, output, json }) => {
        const { privateKey, publicKey } =
          alg === 'ES256'
            ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
            : generateKeyPairSync('ed25519');
        await writeNewFile(output, privateKey.export({ format: 'pem', type: 'pkcs8' }));
        answer(await jwkThumbprint(publicKey.export({ format: 'jwk' })), json, terminal);
      }),
    );

const thumbprintCommand = (terminal: Terminal): Command =>
  offlineCommand('thumbprint', 'print the thumbprint of a private key, the jkt of a token')
    .requiredOption('-i, --input <file>', 'the key, in PEM')
    .action(
      performing<ThumbprintOptions>(terminal, async ({ input, json }) => {
        answer(await jwkThumbprint((await readDpopKey(input)).publicJwk), json, terminal);
      }),
    );

const answer = (jkt: string, json: true | undefined, { stdout }: Terminal): boolean =>
  stdout.write(`${json ? JSON.stringify({ jkt }) : jkt}\n`);

/** For its owner alone. A key that is there may have tokens bound to it: it is not written over. */
async function writeNewFile(path: string, data: string | Buffer): Promise<void> {
  try {
    await writeFile(path, data, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new UsageError(`${path} cannot be written (${codeOf(error)})`);
  }
}
