import { Option, type Command } from 'commander';
import {
  createRemoteJwks,
  createRemoteRevocations,
  importJwks,
  verifyToken,
  type Fetch,
  type JwkSet,
  type Revocations,
  type TokenKeys,
  type TokenType,
} from 'kkp-sdk';
import { fetchWith } from '../certificates.js';
import { defined } from '../defined.js';
import { UsageError } from '../exit-codes.js';
import { asJson, readJsonObject, readToken, writeOutput } from '../files.js';
import { inputOption, wholeNumber, type Input } from '../options.js';
import {
  offlineCommand,
  performing,
  withServer,
  type ServerOptions,
  type Terminal,
} from '../remote-command.js';

interface VerifyOptions extends ServerOptions, Input {
  readonly jwks?: string;
  readonly audience?: string;
  readonly issuer?: string;
  readonly typ: TokenType;
  readonly maxLifetime: number;
  readonly allowClaim?: string[];
  readonly revocations?: string;
}

/** How what is remote is fetched. */
interface Remote {
  readonly timeoutMs: number;
  readonly fetch?: Fetch;
}

/** `kkp verify`: judges a token offline. */
export function verifyCommand(terminal: Terminal): Command {
  const command = offlineCommand(
    'verify',
    'verify a token against public keys: the answer is its claims, as JSON',
  )
    .addOption(inputOption('the token'))
    .option('--jwks <url|file>', 'the public keys; absent: those of the server at --url');
  return withServer(command)
    .option('--audience <text>', 'the audience that the token must have; absent: any')
    .option('--issuer <url>', 'the issuer that the token must have; absent: none, unless iss is allowed')
    .addOption(
      new Option('--typ <name>', 'the type that the token must have')
        .choices(['JWT', 'at+jwt'])
        .default('JWT'),
    )
    .option('--max-lifetime <seconds>', 'the longest life a token may have', wholeNumber, 3600)
    .option(
      '--allow-claim <names...>',
      'claims that may stand beside the eight of every token, as ops and cnf',
    )
    .option('--revocations <url>', 'the signed list of what was taken back; absent: nothing is looked up')
    .action(
      performing<VerifyOptions>(terminal, async (options) => {
        const { audience, issuer, typ, maxLifetime, allowClaim } = options;
        const jwks = options.jwks ?? `${options.url.replace(/\/+$/, '')}/keys/jwks`;
        const urls = [jwks, options.revocations].filter((url) => url !== undefined);
        const remote = { timeoutMs: options.timeout * 1000, ...(await fetchWith(options, ...urls)) };
        const keys = await keysAt(jwks, options, remote, terminal);
        const claims = await verifyToken(await readToken(options.input, terminal.stdin), keys, {
          maxLifetimeSeconds: maxLifetime,
          typ,
          ...defined({ audience, issuer, extraClaims: allowClaim }),
          ...revocationsAt(options, keys, remote),
        });
        await writeOutput('-', asJson(claims), terminal.stdout);
      }),
    );
}

async function keysAt(
  source: string,
  { input }: Input,
  remote: Remote,
  { stdin }: Terminal,
): Promise<TokenKeys> {
  if (/^https?:/i.test(source)) return createRemoteJwks(source, remote);
  if (source === '-' && input === '-') {
    throw new UsageError('standard input cannot be both the token and the public keys');
  }
  return importJwks((await readJsonObject(source, stdin)) as unknown as JwkSet);
}

function revocationsAt(
  { revocations, issuer }: VerifyOptions,
  keys: TokenKeys,
  remote: Remote,
): { revocations?: Revocations } {
  if (revocations === undefined) return {};
  return { revocations: createRemoteRevocations(revocations, keys, { ...remote, ...defined({ issuer }) }) };
}
