/** One fenced block of a document, with what the comment before it says is to be done with it. */
export interface Block {
  readonly action: 'run' | 'server' | 'file' | 'check';
  /** The file to write; `fails` for a run that must fail. */
  readonly argument: string | undefined;
  readonly text: string;
}

const FENCE = /^```(\w*)\n([^]*?)^```$/gm;
const ACTION = /<!-- (run|server|file|check)(?:: (\S+))? -->\s*$/;

/**
 * @throws Error for a block that no comment says anything of: it would be run by nobody
 */
export function blocksOf(markdown: string): readonly Block[] {
  return [...markdown.matchAll(FENCE)].map((fence) => {
    const [, action, argument] = ACTION.exec(markdown.slice(0, fence.index)) ?? [];
    if (action === undefined) throw new Error(`Nothing says what to do with:\n${fence[2]}`);
    return { action: action as Block['action'], argument, text: fence[2]! };
  });
}
