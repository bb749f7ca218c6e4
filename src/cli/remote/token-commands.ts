import { Option, type Command } from 'commander';
import {
  createRemoteJwks,
  createRemoteRevocations,
  importJwks,
  verifyToken,
  type Confirmation,
  type JwkSet,
  type RevokeRequest,
  type TokenKeys,
  type TokenType,
  type TokenUse,
} from 'kkp-sdk';
import { dpopKeyOption, type DpopKeyOption } from './dpop-key.js';
import { defined } from './envelope-commands.js';
import { NotGoodError, UsageError } from './exit-codes.js';
import { readJsonObject, readToken, writeOutput } from './files.js';
import {
  connect,
  jsonObject,
  offlineCommand,
  performing,
  remoteCommand,
  timeoutOption,
  wholeNumber,
  type CommonOptions,
  type Terminal,
} from './remote-command.js';

type TokenOptions = CommonOptions &
  DpopKeyOption & {
    readonly subject: string;
    readonly audience: string;
    readonly backend: string;
    readonly keyId: string;
    readonly ttl?: number;
    readonly policyClaims?: Record<string, unknown>;
    readonly ops?: TokenUse[];
    readonly notBefore?: number;
    readonly cnf?: Record<string, unknown>;
    readonly context?: Record<string, unknown>;
    readonly output: string;
  };

/** `kkp token`: a token for one key of one backend. */
export function tokenCommand(terminal: Terminal): Command {
  return remoteCommand('token', 'get a token for one key of one backend')
    .requiredOption('--subject <text>', 'whom the token is for')
    .requiredOption('--audience <text>', 'where it is to be used')
    .requiredOption('--backend <name>', 'where the key is')
    .requiredOption('--key-id <id>', 'the key')
    .option('--ttl <seconds>', 'how long it lives; the server has a default and a maximum', wholeNumber)
    .option('--policy-claims <json>', 'goes into the token as it is', jsonObject)
    .addOption(
      new Option('--ops <names...>', 'what it is for; absent: decrypt and rewrap').choices([
        'decrypt',
        'encrypt',
        'rewrap',
        'data_key',
      ]),
    )
    .option('--not-before <seconds>', 'Unix time from when on it is good', wholeNumber)
    .option(
      '--cnf <json>',
      'what it is bound to, {"jkt": "..."} or {"x5t#S256": "..."}, in place of --dpop-key',
      jsonObject,
    )
    .addOption(dpopKeyOption())
    .option('--context <json>', 'for the policy', jsonObject)
    .option('-o, --output <file>', 'where the answer goes; - is standard output', '-')
    .action(
      performing<TokenOptions>(terminal, async (options) => {
        const { subject, audience, backend, keyId } = options;
        const client = await connect(options);
        const issued = await client.issueToken({
          ...{ subject, audience, backend, key_id: keyId },
          ...defined({
            ttl_seconds: options.ttl,
            policy_claims: options.policyClaims,
            ops: options.ops,
            not_before: options.notBefore,
            // The server judges it.
            cnf: options.cnf as Confirmation | undefined,
            request_context: options.context,
          }),
        });
        const answer = options.json ? JSON.stringify(issued) : issued.token;
        await writeOutput(options.output, `${answer}\n`, terminal.stdout);
      }),
    );
}

interface VerifyOptions {
  readonly json?: true;
  readonly input: string;
  readonly jwks?: string;
  readonly url: string;
  readonly timeout: number;
  readonly audience?: string;
  readonly issuer?: string;
  readonly typ: TokenType;
  readonly maxLifetime: number;
  readonly allowClaim?: string[];
  readonly revocations?: string;
}

/** `kkp verify`: judges a token offline. */
export function verifyCommand(terminal: Terminal): Command {
  return offlineCommand('verify', 'verify a token against public keys: the answer is its claims, as JSON')
    .option('-i, --input <file>', 'the token; - is standard input', '-')
    .option('--jwks <url|file>', 'the public keys; absent: those of the server at --url')
    .addOption(
      new Option('--url <url>', 'where the server is').env('KKP_URL').default('http://localhost:8080'),
    )
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
    .addOption(timeoutOption())
    .action(
      performing<VerifyOptions>(terminal, async (options) => {
        const keys = await keysAt(options, terminal);
        const claims = await verifyToken(await readToken(options.input, terminal.stdin), keys, {
          maxLifetimeSeconds: options.maxLifetime,
          typ: options.typ,
          ...defined({
            audience: options.audience,
            issuer: options.issuer,
            extraClaims: options.allowClaim,
          }),
          ...(options.revocations !== undefined && {
            revocations: createRemoteRevocations(options.revocations, keys, {
              timeoutMs: options.timeout * 1000,
            }),
          }),
        });
        await writeOutput('-', `${JSON.stringify(claims)}\n`, terminal.stdout);
      }),
    );
}

async function keysAt({ jwks, url, timeout, input }: VerifyOptions, { stdin }: Terminal): Promise<TokenKeys> {
  const source = jwks ?? `${url.replace(/\/+$/, '')}/keys/jwks`;
  if (/^https?:/i.test(source)) return createRemoteJwks(source, { timeoutMs: timeout * 1000 });
  if (source === '-' && input === '-') {
    throw new UsageError('standard input cannot be both the token and the public keys');
  }
  return importJwks((await readJsonObject(source, stdin)) as unknown as JwkSet);
}

/** `kkp jwks`: the public keys now. */
export function jwksCommand(terminal: Terminal): Command {
  return remoteCommand('jwks', 'print the public keys that tokens are verified with, as JSON').action(
    performing<CommonOptions>(terminal, async (options) => {
      const jwks = await (await connect(options)).fetchJwks();
      await writeOutput('-', `${JSON.stringify(jwks)}\n`, terminal.stdout);
    }),
  );
}

/** `kkp rotate`: the next signing key signs. */
export function rotateCommand(terminal: Terminal): Command {
  return remoteCommand('rotate', 'make the next signing key sign from now on').action(
    performing<CommonOptions>(terminal, async (options) => {
      const rotated = await (await connect(options)).rotate();
      await writeOutput('-', `${options.json ? JSON.stringify(rotated) : rotated.kid}\n`, terminal.stdout);
    }),
  );
}

interface RuleOptions {
  readonly jti?: string;
  readonly subject?: string;
  readonly backend?: string;
  readonly keyId?: string;
  readonly kid?: string;
  readonly before?: number;
}

/** `kkp revoke`: takes tokens back, by exactly one rule. */
export function revokeCommand(terminal: Terminal): Command {
  return remoteCommand('revoke', 'take tokens back, by exactly one rule: the answer is the rule, as JSON')
    .option('--jti <id>', 'one token')
    .option('--subject <text>', 'the tokens of a subject that were issued until now')
    .option('--backend <name>', 'with --key-id: the tokens for a key that were issued until now')
    .option('--key-id <id>', 'with --backend')
    .option('--kid <id>', 'what a signing key has signed')
    .option('--before <seconds>', 'all tokens that were issued before this Unix time', wholeNumber)
    .action(
      performing<CommonOptions & RuleOptions>(terminal, async (options) => {
        const { jti, subject, backend, keyId, kid, before } = options;
        // The server says what makes exactly one rule.
        const rule = defined({ jti, subject, backend, key_id: keyId, kid, before }) as RevokeRequest;
        const revoked = await (await connect(options)).revoke(rule);
        await writeOutput('-', `${JSON.stringify(revoked)}\n`, terminal.stdout);
      }),
    );
}

/** `kkp introspect`: asks the server what a token is worth. */
export function introspectCommand(terminal: Terminal): Command {
  return remoteCommand('introspect', 'ask the server whether a token is good: the answer is JSON')
    .option('-i, --input <file>', 'the token; - is standard input', '-')
    .action(
      performing<CommonOptions & { input: string }>(terminal, async (options) => {
        const token = await readToken(options.input, terminal.stdin);
        const answer = await (await connect(options)).introspect(token);
        await writeOutput('-', `${JSON.stringify(answer)}\n`, terminal.stdout);
        if (!answer.active) throw new NotGoodError('the token is not active');
      }),
    );
}
