import type { Command, Option } from 'commander';

/** A command as completion sees it. */
export interface CompletedCommand {
  /** Its words after `kkp`, as `policy build`; empty for `kkp` itself. */
  readonly path: string;
  /** What may come next: commands, or the choices of an argument. */
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletedOption[];
}

interface CompletedOption {
  /** With its dashes. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
}

/** Every command of the program, itself first: what there is to complete is what there is. */
export function commandTable(program: Command, path = ''): CompletedCommand[] {
  const subcommands = program.createHelp().visibleCommands(program);
  const options = program.createHelp().visibleOptions(program);
  return [
    {
      path,
      subcommands: [
        ...subcommands.map((command) => ({ name: command.name(), description: command.description() })),
        ...program.registeredArguments
          .flatMap(({ argChoices }) => argChoices ?? [])
          .map((name) => ({ name, description: name })),
      ],
      options: options.map(completedOption),
    },
    ...subcommands
      .filter((command) => command.name() !== 'help')
      .flatMap((command) => commandTable(command, `${path} ${command.name()}`.trim())),
  ];
}

const completedOption = ({ short, long, description, required, optional }: Option): CompletedOption => ({
  flags: [short, long].filter((flag) => flag !== undefined),
  description,
  takesValue: required || optional,
});
