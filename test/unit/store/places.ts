import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Directories and files of one test, gone after it. */
export class Places {
  readonly #made: string[] = [];

  /** An empty directory of mode 0700. */
  directory(): string {
    const path = mkdtempSync(join(tmpdir(), 'kkp-'));
    this.#made.push(path);
    return path;
  }

  /** A file with these bytes. */
  file(bytes: Uint8Array | string, mode = 0o600): string {
    const path = join(this.directory(), 'file');
    writeFileSync(path, bytes, { mode });
    return path;
  }

  clear(): void {
    for (const path of this.#made.splice(0)) rmSync(path, { recursive: true, force: true });
  }
}
