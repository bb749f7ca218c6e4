import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';

/** A server that can be started. */
export interface ServerKind {
  /** For the tables. */
  readonly name: string;
  /** Its built entry. */
  readonly entry: string;
  /** Beyond the address to listen on. */
  readonly env?: Readonly<Record<string, string>>;
  /** The path whose first 200 ends the start. Default `/livez`. */
  readonly probe?: string;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export const KKP: ServerKind = { name: 'KKP', entry: path('../../dist/main.js') };
export const BARE: ServerKind = { name: 'bare', entry: path('./reference.js') };

export interface RunningServer {
  readonly kind: ServerKind;
  readonly pid: number;
  readonly url: string;
  /** Milliseconds from the spawn to the first 200 on the probe's path. */
  readonly startupMs: number;
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
}

const START_LIMIT_MS = 60_000;

/** What either server logs once it listens. */
const LISTENING = /"address":"(http:[^"]+)".*"msg":"listening"/;

/** Starts a server as a process on a free loopback port, with the default configuration unless its kind says otherwise. */
export async function startServer(kind: ServerKind): Promise<RunningServer> {
  const { probe = '/livez' } = kind;
  const started = performance.now();
  const env = { KKP_LISTEN_ADDR: '127.0.0.1:0', ...kind.env };
  const child = spawn(process.execPath, [...execArguments(kind), kind.entry], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = () => stopChild(child, 'SIGTERM');
  const kill = () => stopChild(child, 'SIGKILL');
  try {
    const url = await addressOf(child, kind);
    const status = await statusOf(url + probe);
    if (status !== 200) throw new Error(`${probe} of ${kind.name} answered ${status}.`);
    return { kind, pid: child.pid!, url, startupMs: performance.now() - started, stop, kill };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Flags of Node for the server under test, such as `--cpu-prof`. */
const execArguments = ({ entry }: ServerKind): string[] =>
  entry === KKP.entry ? (process.env.BENCH_KKP_NODE_FLAGS ?? '').split(' ').filter(Boolean) : [];

/** Reads the log until the address is there, and then no more than to keep the pipe empty. */
function addressOf(child: ChildProcess, { name }: ServerKind): Promise<string> {
  const stdout = child.stdout!;
  let log = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      log += chunk.toString('utf8');
      const address = LISTENING.exec(log)?.[1];
      if (address === undefined) return;
      stdout.off('data', read).resume();
      resolve(address);
    };
    stdout.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code} before it listened.`)));
    const giveUp = () => reject(new Error(`${name} did not listen within ${START_LIMIT_MS} ms.`));
    setTimeout(giveUp, START_LIMIT_MS).unref();
  });
}

const statusOf = (url: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    }).once('error', reject);
  });

async function stopChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}
