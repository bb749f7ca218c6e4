import type { Command } from 'commander';
import type { GrantedToken } from 'kkp-sdk';
import { connect } from '../connect.js';
import { defined } from '../defined.js';
import { dpopKeyOption, type DpopKeyOption } from '../dpop-key.js';
import { readToken, writeOutput } from '../files.js';
import {
  inputOption,
  outputOption,
  withKey,
  withWanted,
  type Input,
  type Key,
  type Output,
  type Wanted,
} from '../options.js';
import { performing, remoteCommand, type CommonOptions, type Terminal } from '../remote-command.js';

interface OAuthOptions extends CommonOptions, DpopKeyOption, Output, Wanted {
  readonly clientId?: string;
}

interface GrantOptions extends OAuthOptions, Key {
  readonly audience: string;
}

interface ExchangeOptions extends OAuthOptions, Partial<Key>, Input {
  readonly audience?: string;
}

/** `kkp grant`: a token for the caller itself. Not a form of `kkp token`, which can ask for more, and answers otherwise. */
export function grantCommand(terminal: Terminal): Command {
  const command = remoteCommand(
    'grant',
    'get a token for the caller itself (OAuth client credentials), bound to its certificate if it has one',
  ).requiredOption('--audience <text>', 'where it is to be used');
  return withOAuth(withKey(command), 'decrypt and rewrap').action(
    performing<GrantOptions>(terminal, async (options) => {
      const { audience, backend, keyId } = options;
      const client = await connect(options);
      const granted = await client.grantToken({ audience, backend, key_id: keyId, ...wanted(options) });
      await writeGranted(granted, options, terminal);
    }),
  );
}

/** `kkp exchange`: less than a KKP token, or a KKP token for the JWT of another issuer. */
export function exchangeCommand(terminal: Terminal): Command {
  const command = remoteCommand('exchange', 'exchange a token for another (OAuth token exchange)')
    .addOption(inputOption('the token: of KKP, or a JWT of an issuer that the server knows'))
    .option('--audience <text>', 'where the new one is to be used; absent: where the old one is')
    .option('--backend <name>', 'where the key is; absent: that of the old one')
    .option('--key-id <id>', 'the key; absent: that of the old one');
  return withOAuth(command, 'what the old one is for').action(
    performing<ExchangeOptions>(terminal, async (options) => {
      const { audience, backend, keyId } = options;
      const token = await readToken(options.input, terminal.stdin);
      const client = await connect(options);
      const exchanged = await client.exchangeToken({
        subject_token: token,
        ...defined({ audience, backend, key_id: keyId }),
        ...wanted(options),
      });
      await writeGranted(exchanged, options, terminal);
    }),
  );
}

const withOAuth = (command: Command, unlessOps: string): Command =>
  withWanted(command, unlessOps)
    .option('--client-id <text>', 'the id of the caller; who asks, where callers are anonymous')
    .addOption(dpopKeyOption())
    .addOption(outputOption());

const wanted = ({ ttl, policyClaims, ops, clientId }: OAuthOptions) =>
  defined({ ttl_seconds: ttl, policy_claims: policyClaims, ops, client_id: clientId });

async function writeGranted(
  granted: GrantedToken,
  { json, output }: OAuthOptions,
  { stdout }: Terminal,
): Promise<void> {
  await writeOutput(output, `${json ? JSON.stringify(granted) : granted.access_token}\n`, stdout);
}
