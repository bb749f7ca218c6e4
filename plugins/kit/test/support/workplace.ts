import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Registry } from './registry.js';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder outside of the repository, and a shell in it that keeps its place from one script to the next. */
export class Workplace {
  readonly root = mkdtempSync(join(tmpdir(), 'kkp-stranger-'));
  place = this.root;
  readonly #registry: Registry;
  readonly #modules: string;
  #server: ChildProcess | undefined;

  constructor(registry: Registry, modules: string) {
    this.#registry = registry;
    this.#modules = modules;
  }

  write(file: string, content: string): void {
    const path = join(this.place, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  async run(script: string): Promise<Ran> {
    const noted = join(this.root, '.place');
    const child = this.#spawn(`${script}\npwd > '${noted}'\n`);
    const [stdout, stderr] = [text(child.stdout!), text(child.stderr!)];
    const [code] = (await once(child, 'close')) as [number | null];
    if (code === 0) this.place = readFileSync(noted, 'utf8').trim();
    this.#linkStubs();
    return { code, stdout: await stdout, stderr: await stderr };
  }

  /** Starts what listens, and gives its address as it logs it. */
  async serve(script: string): Promise<string> {
    const child = this.#spawn(`exec ${script.replace(/^(\w+=\S+ )+/, (env) => `env ${env}`)}`, {
      KKP_LISTEN_ADDR: '127.0.0.1:0',
    });
    this.#server = child;
    const stderr = text(child.stderr!);
    for await (const line of createInterface({ input: child.stdout! })) {
      const { msg, address } = JSON.parse(line) as { msg: string; address?: string };
      if (msg === 'listening') return address!;
    }
    throw new Error(`The server did not start: ${await stderr}`);
  }

  async leave(): Promise<void> {
    const server = this.#server;
    if (server?.exitCode === null && server.signalCode === null) {
      const gone = once(server, 'exit');
      process.kill(-server.pid!, 'SIGTERM');
      await gone;
    }
    rmSync(this.root, { recursive: true, force: true });
  }

  #spawn(script: string, more: Record<string, string> = {}): ChildProcess {
    const env = {
      PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
      HOME: this.root,
      npm_config_registry: this.#registry.url,
      npm_config_cache: join(this.root, '.npm'),
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
      ...more,
    };
    // A process group of its own, so that a server behind npx is stopped with it.
    return spawn('bash', ['--norc', '-euo', 'pipefail', '-c', script], {
      cwd: this.place,
      env,
      detached: true,
    });
  }

  /** Third-party packages are the repository's own copies. */
  #linkStubs(): void {
    for (const name of this.#registry.stubs) {
      const stub = join(this.place, 'node_modules', name);
      if (!existsSync(stub)) continue;
      rmSync(stub, { recursive: true });
      symlinkSync(join(this.#modules, name), stub);
    }
  }
}
