import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, type Finished } from '../../support/process.js';

/** What no line on standard error may hold. */
export const CANARY = 'SECRET-CANARY';

/** `kkp` as a process of its own, with a folder for its files. */
export class KkpRuns {
  readonly folder = mkdtempSync(join(tmpdir(), 'kkp-cli-'));
  /** Everything that any run wrote to standard error. */
  stderr = '';

  constructor(private readonly env: () => Record<string, string>) {}

  path(name: string): string {
    return join(this.folder, name);
  }

  file(name: string, data: string | Uint8Array): string {
    writeFileSync(this.path(name), data);
    return this.path(name);
  }

  async run(args: string, input?: string | Uint8Array, env: Record<string, string> = {}): Promise<Finished> {
    const words = args.split(' ').map((word) => word.replace(/^@/, `${this.folder}/`));
    const finished = await start('dist/cli/kkp.js', { ...this.env(), ...env }, words, input).finished;
    this.stderr += finished.stderr;
    return finished;
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}
