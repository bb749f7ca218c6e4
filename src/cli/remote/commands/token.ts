import type { Command } from 'commander';
import type { Confirmation } from 'kkp-sdk';
import { connect } from '../connect.js';
import { defined } from '../defined.js';
import { dpopKeyOption, type DpopKeyOption } from '../dpop-key.js';
import { writeOutput } from '../files.js';
import {
  contextOption,
  jsonObject,
  outputOption,
  wholeNumber,
  withKey,
  withWanted,
  type Key,
  type Output,
  type Wanted,
} from '../options.js';
import { performing, remoteCommand, type CommonOptions, type Terminal } from '../remote-command.js';

interface TokenOptions extends CommonOptions, DpopKeyOption, Key, Output, Wanted {
  readonly subject: string;
  readonly audience: string;
  readonly notBefore?: number;
  readonly cnf?: Record<string, unknown>;
  readonly context?: Record<string, unknown>;
}

/** `kkp token`: a token for one key of one backend, for any subject that the policy allows. */
export function tokenCommand(terminal: Terminal): Command {
  const command = remoteCommand('token', 'get a token for one key of one backend')
    .requiredOption('--subject <text>', 'whom the token is for')
    .requiredOption('--audience <text>', 'where it is to be used');
  return withWanted(withKey(command), 'decrypt and rewrap')
    .option('--not-before <seconds>', 'Unix time from when on it is good', wholeNumber)
    .option(
      '--cnf <json>',
      'what it is bound to, {"jkt": "..."} or {"x5t#S256": "..."}, in place of --dpop-key',
      jsonObject,
    )
    .addOption(dpopKeyOption())
    .addOption(contextOption())
    .addOption(outputOption())
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
