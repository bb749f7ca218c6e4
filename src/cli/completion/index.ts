import { Argument, Command } from 'commander';
import { commandTable } from './command-table.js';
import { SCRIPTS, SHELLS, type Shell } from './scripts.js';

/** `kkp completion bash|zsh|fish`: a script for the shell, made from the commands that `program` has. */
export function completionCommand(program: Command, { stdout }: Pick<NodeJS.Process, 'stdout'>): Command {
  return new Command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .exitOverride()
    .action((shell: Shell) => {
      stdout.write(SCRIPTS[shell](commandTable(program)));
    });
}
