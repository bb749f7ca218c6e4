import type { Command } from 'commander';
import { connect } from '../connect.js';
import { NotGoodError } from '../exit-codes.js';
import { asJson, readToken, writeOutput } from '../files.js';
import { inputOption, type Input } from '../options.js';
import { performing, remoteCommand, type CommonOptions, type Terminal } from '../remote-command.js';

/** `kkp introspect`: asks the server what a token is worth. */
export function introspectCommand(terminal: Terminal): Command {
  return remoteCommand('introspect', 'ask the server whether a token is good: the answer is JSON')
    .addOption(inputOption('the token'))
    .action(
      performing<CommonOptions & Input>(terminal, async (options) => {
        const token = await readToken(options.input, terminal.stdin);
        const answer = await (await connect(options)).introspect(token);
        await writeOutput('-', asJson(answer), terminal.stdout);
        if (!answer.active) throw new NotGoodError('the token is not active');
      }),
    );
}
