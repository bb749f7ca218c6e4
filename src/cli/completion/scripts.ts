import type { CompletedCommand } from './command-table.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

type Script = (table: readonly CompletedCommand[]) => string;

/** Text in single quotes, as all three shells read it. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** fish reads \' inside single quotes, and POSIX shells do not. */
const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const parentOf = (path: string): string => path.split(' ').slice(0, -1).join(' ');
const nameOf = (path: string): string => path.split(' ').at(-1) ?? '';

/** The arms of a `case` that walks from one command to the next by its name. */
const steps = (table: readonly CompletedCommand[]): string[] =>
  table
    .filter(({ path }) => path !== '')
    .map(({ path }) => `      ${quoted(`${parentOf(path)}/${nameOf(path)}`)}) at=${quoted(path)} ;;`);

const bash: Script = (table) => {
  const arms = table.map(({ path, subcommands, options }) => {
    const words = [...subcommands.map(({ name }) => name), ...options.flatMap(({ flags }) => flags)];
    const valued = options.filter(({ takesValue }) => takesValue).flatMap(({ flags }) => flags);
    return `    ${quoted(path)}) words=${quoted(words.join(' '))} valued=${quoted(` ${valued.join(' ')} `)} ;;`;
  });
  return `# bash completion of kkp: source <(kkp completion bash)
_kkp() {
  local at= words= valued= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at/\${COMP_WORDS[i]}" in
${steps(table).join('\n')}
    esac
  done
  case "$at" in
${arms.join('\n')}
  esac
  COMPREPLY=()
  # The value of an option: files, by -o default.
  case "$valued" in *" \${COMP_WORDS[COMP_CWORD - 1]} "*) return ;; esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _kkp kkp
`;
};

const zsh: Script = (table) => {
  const described = (word: string, description: string): string =>
    quoted(`${word.replaceAll(':', '\\:')}:${description}`);
  const arms = table.map(({ path, subcommands, options }) => {
    const words = [
      ...subcommands.map(({ name, description }) => described(name, description)),
      ...options.flatMap(({ flags, description }) => flags.map((flag) => described(flag, description))),
    ];
    const valued = options.filter(({ takesValue }) => takesValue).flatMap(({ flags }) => flags);
    return `    ${quoted(path)}) candidates=(${words.join(' ')}) valued=${quoted(` ${valued.join(' ')} `)} ;;`;
  });
  return `#compdef kkp
# zsh completion of kkp: source <(kkp completion zsh)
_kkp() {
  local at= valued= i
  local -a candidates
  for ((i = 2; i < CURRENT; i++)); do
    case "$at/\${words[i]}" in
${steps(table).join('\n')}
    esac
  done
  case "$at" in
${arms.join('\n')}
  esac
  case "$valued" in *" \${words[CURRENT - 1]} "*) _files; return ;; esac
  _describe 'kkp' candidates || _files
}
compdef _kkp kkp
`;
};

const fish: Script = (table) => {
  const lines = table.flatMap(({ path, subcommands, options }) => {
    const names = subcommands.map(({ name }) => name).join(' ');
    const reached = path
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => `__fish_seen_subcommand_from ${word}`);
    const here = reached.join('; and ');
    const next = [...reached, ...(names === '' ? [] : [`not __fish_seen_subcommand_from ${names}`])].join(
      '; and ',
    );
    const when = (condition: string): string => (condition === '' ? '' : ` -n ${fishQuoted(condition)}`);
    return [
      ...subcommands.map(
        ({ name, description }) => `complete -c kkp -f${when(next)} -a ${name} -d ${fishQuoted(description)}`,
      ),
      ...options.map(({ flags, description, takesValue }) => {
        const named = flags.map((flag) =>
          flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
        );
        const condition = path === '' ? next : here;
        return `complete -c kkp${when(condition)} ${named.join(' ')}${takesValue ? ' -r' : ''} -d ${fishQuoted(description)}`;
      }),
    ];
  });
  return ['# fish completion of kkp: kkp completion fish | source', ...lines, ''].join('\n');
};

/** The script that completes `kkp` in each shell. */
export const SCRIPTS: Readonly<Record<Shell, Script>> = { bash, zsh, fish };
