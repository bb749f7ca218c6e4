// How the peers are started: on loopback, with nothing of our environment but the PATH.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { pythonVenv } from './python-venv.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const venv = (name, minor) => pythonVenv(here(`../../../../.cache/${name}`), here(`${name}.txt`), minor);
const environment = { PATH: process.env.PATH, PYTHONUNBUFFERED: '1' };

/** Each starts a server; `ready` is its URL once it answers. */
export const PEERS = {
  async moto() {
    const server = spawn(join(venv('moto', 10), 'moto_server'), ['-H', '127.0.0.1', '-p', '0'], {
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ready = match(server.stderr, /Running on (http:\/\/127\.0\.0\.1:\d+)/).then(([, url]) => url);
    return { server, ready };
  },

  // It hangs at its start now and then: it is started again.
  async localstack() {
    for (let start = 1; ; start++) {
      const { server, ready } = await startLocalstack();
      try {
        return { server, ready: Promise.resolve(await within(60_000, ready, server)) };
      } catch (error) {
        if (start === 3) throw error;
      }
    }
  },
};

/** LocalStack hangs at its end now and then, too. */
export async function stop(server) {
  const exited = server.exitCode === null && server.signalCode === null ? once(server, 'exit') : undefined;
  server.kill('SIGCONT');
  server.kill('SIGTERM');
  const timer = setTimeout(() => server.kill('SIGKILL'), 10_000);
  await exited;
  clearTimeout(timer);
}

/** In host mode, that is without Docker. Its own default server, Twisted, listens on every interface. */
async function startLocalstack() {
  const python = join(venv('localstack', 13), 'python');
  const folder = mkdtempSync(join(tmpdir(), 'kkp-localstack-'));
  const address = `127.0.0.1:${await freePort()}`;
  const server = spawn(python, ['-m', 'localstack.runtime.main'], {
    env: {
      ...environment,
      HOME: folder,
      CONFIG_DIR: folder,
      LOCALSTACK_VOLUME_DIR: folder,
      GATEWAY_LISTEN: address,
      GATEWAY_SERVER: 'hypercorn',
      SERVICES: 'kms',
      STRICT_SERVICE_LOADING: '1',
      EAGER_SERVICE_LOADING: '1',
      DNS_ADDRESS: '0',
      DISABLE_EVENTS: '1',
      SKIP_SSL_CERT_DOWNLOAD: '1',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  server.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return { server, ready: match(server.stdout, /^Ready\.$/).then(() => `http://${address}`) };
}

/** The first line that fits; the rest is read and dropped, lest the server block on a full pipe. */
async function match(stream, pattern) {
  for await (const line of createInterface({ input: stream })) {
    const found = pattern.exec(line);
    if (!found) continue;
    stream.resume();
    return found;
  }
  throw new Error('The server ended its output before it was ready.');
}

/** A server that does not get ready is stopped, so that nobody waits for it for ever. */
async function within(milliseconds, readiness, server) {
  const timer = setTimeout(() => server.kill('SIGKILL'), milliseconds);
  try {
    return await readiness;
  } finally {
    clearTimeout(timer);
  }
}

async function freePort() {
  const probe = createServer();
  await once(probe.listen(0, '127.0.0.1'), 'listening');
  const { port } = probe.address();
  await once(probe.close(), 'close');
  return port;
}
