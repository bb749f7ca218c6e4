/**
 * A token on disk, as SoftHSM keeps one, so that several processes share it: `token.json`, `faults/<C_Function>`, and
 * `calls.log` with what the module was asked.
 */
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

export class TokenFile {
  constructor(path) {
    this.path = path;
    this.directory = dirname(path);
  }

  read() {
    return JSON.parse(readFileSync(this.path, 'utf8'));
  }

  note(call) {
    appendFileSync(join(this.directory, 'calls.log'), `${process.pid} ${call}\n`);
  }

  /** What the test wants to go wrong in this call, or undefined. */
  fault(call) {
    const path = join(this.directory, 'faults', call);
    try {
      const fault = JSON.parse(readFileSync(path, 'utf8'));
      // Whoever removes the file has the fault: it strikes once.
      if (fault.once) rmSync(path);
      return { ...fault, lasts: () => existsSync(path) };
    } catch {
      return undefined;
    }
  }
}
