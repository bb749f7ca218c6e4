import { renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { codeOf, dataDirFault } from './data-dir.js';

const NAME = 'kkp.sock';
const ATTEMPTS = 3;
/** `sun_path` of Linux has 108 bytes, of macOS 104, each with a zero at the end. */
const LONGEST_PATH = 103;

/**
 * Holds a directory for this process, as long as it lives: a Unix socket that it listens on there. The kernel ends a
 * socket with its process, however that ends, so a socket that nobody answers on is left over and taken away. That
 * holds between containers on one machine too, where process ids mean nothing; not between machines, so the directory
 * must be on a file system of this machine.
 */
export class ProcessLock {
  #server: Server | undefined;

  /** @throws ConfigError when another process holds the directory */
  async acquire(directory: string): Promise<void> {
    const path = join(directory, NAME);
    if (Buffer.byteLength(path) > LONGEST_PATH) {
      throw dataDirFault(`its path is too long. Allowed: ${LONGEST_PATH - NAME.length - 1} bytes`);
    }
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      this.#server = await listen(path);
      if (this.#server) return;
      if (await isAnswered(path)) break;
      await takeAway(path);
    }
    throw dataDirFault('another process uses it. Allowed: one process at a time');
  }

  release(): void {
    this.#server?.close();
    this.#server = undefined;
  }
}

/** The server, or undefined when the path is taken. Its socket is taken away when it closes. */
function listen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy()).unref();
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      if (codeOf(error) === 'EADDRINUSE') resolve(undefined);
      else reject(dataDirFault(`it cannot be locked (${codeOf(error)})`));
    });
    server.listen(path, () => resolve(server));
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      const code = codeOf(error);
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(false);
      else reject(dataDirFault(`it cannot be locked (${code})`));
    });
  });
}

/** Two processes may find the same dead socket: whoever moves a living one away moves it back. */
async function takeAway(path: string): Promise<void> {
  const aside = `${path}.${randomUUID().slice(0, 8)}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw dataDirFault(`it cannot be locked (${codeOf(error)})`);
  }
  if (await isAnswered(aside)) renameSync(aside, path);
  else rmSync(aside, { force: true });
}
