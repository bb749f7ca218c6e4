import type { Command } from 'commander';
import type { RevokeRequest } from 'kkp-sdk';
import { connect } from '../connect.js';
import { defined } from '../defined.js';
import { UsageError } from '../exit-codes.js';
import { asJson, readSecret, writeOutput } from '../files.js';
import { wholeNumber } from '../options.js';
import { performing, remoteCommand, type CommonOptions, type Terminal } from '../remote-command.js';

interface RevokeOptions extends CommonOptions {
  readonly tokenFile?: string;
  readonly jti?: string;
  readonly subject?: string;
  readonly backend?: string;
  readonly keyId?: string;
  readonly kid?: string;
  readonly before?: number;
}

/** `kkp revoke`: takes tokens back, by exactly one rule, or one token that is at hand. */
export function revokeCommand(terminal: Terminal): Command {
  return remoteCommand('revoke', 'take tokens back, by exactly one rule: the answer is the rule, as JSON')
    .option('--token-file <file>', 'the token in this file, which its subject may; there is no answer')
    .option('--jti <id>', 'one token')
    .option('--subject <text>', 'the tokens of a subject that were issued until now')
    .option('--backend <name>', 'with --key-id: the tokens for a key that were issued until now')
    .option('--key-id <id>', 'with --backend')
    .option('--kid <id>', 'what a signing key has signed')
    .option('--before <seconds>', 'all tokens that were issued before this Unix time', wholeNumber)
    .action(
      performing<RevokeOptions>(terminal, async (options) => {
        const { tokenFile, jti, subject, backend, keyId, kid, before } = options;
        const rule = defined({ jti, subject, backend, key_id: keyId, kid, before });
        if (tokenFile !== undefined && Object.keys(rule).length > 0)
          throw new UsageError('give a token file or a rule, not both');
        const client = await connect(options);
        if (tokenFile !== undefined) {
          await client.revokeToken(await readSecret(tokenFile));
          return;
        }
        // The server says what makes exactly one rule.
        const revoked = await client.revoke(rule as RevokeRequest);
        await writeOutput('-', asJson(revoked), terminal.stdout);
      }),
    );
}
