import { constants } from 'node:fs';
import { link, lstat, mkdir, open, readdir, unlink } from 'node:fs/promises';

/** A file that is being written for the first time. */
export interface NewFile {
  /** Gives how many bytes were taken: one at least, not always all. */
  write(bytes: Uint8Array): Promise<number>;
  /** Returns when what was written survives a loss of power. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileContent {
  readonly bytes: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
}

/**
 * The calls of the file system that a store makes, each one as the system has it, so that a test can lose power between any
 * two. They reject with Node's errors (`code: 'ENOENT'`).
 */
export interface Files {
  /** Makes a directory of mode 0700. */
  makeDir(dir: string): Promise<void>;
  /** Permission bits of a directory. */
  modeOfDir(dir: string): Promise<number>;
  list(dir: string): Promise<readonly string[]>;
  /** The whole of a regular file, which is an error when it is longer than `maxBytes`. */
  read(path: string, maxBytes: number): Promise<FileContent>;
  /** Makes a file of mode 0600, which must not exist. */
  create(path: string): Promise<NewFile>;
  /** Gives a file a second name, which must not exist. */
  link(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Returns when the names in a directory survive a loss of power. */
  syncDir(dir: string): Promise<void>;
}

const PERMISSIONS = 0o777;

export const nodeFiles: Files = {
  async makeDir(dir) {
    await mkdir(dir, { mode: 0o700 });
  },
  async modeOfDir(dir) {
    const stats = await lstat(`${dir}/.`);
    return stats.mode & PERMISSIONS;
  },
  list: (dir) => readdir(dir),
  async read(path, maxBytes) {
    // Without O_NONBLOCK, opening a named pipe would wait for its writer.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw fileError('EINVAL', 'Not a regular file.');
      if (stats.size > maxBytes) throw fileError('EFBIG', 'The file is too long.');
      return { bytes: await file.readFile(), mode: stats.mode & PERMISSIONS };
    } finally {
      await file.close();
    }
  },
  async create(path) {
    const file = await open(path, 'wx', 0o600);
    return {
      write: async (bytes) => (await file.write(bytes)).bytesWritten,
      sync: () => file.sync(),
      close: () => file.close(),
    };
  },
  link,
  remove: unlink,
  async syncDir(dir) {
    const handle = await open(dir, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

/** The `code` of an error of Node's, such as `ENOENT`. Not told by its class: that differs between realms. */
export function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

function fileError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
