import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** Parsed log lines so far. */
  readonly logs: Record<string, unknown>[];
  /** Resolves with the first log line that has this message. */
  logged(message: string): Promise<Record<string, unknown>>;
  readonly finished: Promise<Finished>;
}

/** Runs a built entry, of this package unless its path is absolute, with exactly this environment. */
export function start(entry: string, env: Record<string, string> = {}, args: string[] = []): Running {
  const child = spawn(process.execPath, [resolve(ROOT, entry), ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const logs: Record<string, unknown>[] = [];
  const waiting: (() => void)[] = [];
  let [stdout, stderr, rest] = ['', '', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines)
      if (line.startsWith('{"')) logs.push(JSON.parse(line) as Record<string, unknown>);
    for (const wake of waiting.splice(0)) wake();
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, stdout, stderr });
      for (const wake of waiting.splice(0)) wake();
    });
  });
  const logged = async (message: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const found = logs.find(({ msg }) => msg === message);
      if (found) return found;
      if (child.exitCode !== null)
        throw new Error(`the process ended without "${message}": ${stderr}${stdout}`);
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  return { child, logs, logged, finished };
}

export type RunningServer = Running & { readonly url: string };

/** The server as a process of its own on a free loopback port. */
export async function startProcess(
  env: Record<string, string> = {},
  entry = 'dist/main.js',
): Promise<RunningServer> {
  const running = start(entry, { KKP_LISTEN_ADDR: '127.0.0.1:0', ...env });
  const { address } = await running.logged('listening');
  return { ...running, url: String(address) };
}
