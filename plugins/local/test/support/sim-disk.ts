import { dirname, normalize } from 'node:path/posix';
import type { FileContent, Files, NewFile } from '../../src/files.js';

interface Inode {
  readonly mode: number;
  readonly isDir: boolean;
  /** What programs read. */
  bytes: Buffer;
  /** What was there at the last sync. */
  durable: Buffer;
}

/** A name that was given or taken away since its directory was last synced. */
interface NameChange {
  readonly path: string;
  readonly inode: Inode | undefined;
}

/** Called before each step that a process makes. It may throw: so a process dies, and a disk fails. */
export type BeforeStep = (step: number, operation: string) => void | Promise<void>;

/**
 * A disk that forgets what POSIX lets it forget. Of what was not synced, a loss of power keeps any part: a file has what it had at
 * its sync, or a tear of what was written since; each change of a name stands or falls by itself.
 */
export class SimDisk {
  readonly #names = new Map<string, Inode>();
  readonly #durable = new Map<string, Inode>();
  #pending: NameChange[] = [];

  /** Puts a durable file there, from outside of any process. */
  put(path: string, bytes: Uint8Array, mode = 0o600): void {
    const inode = { mode, isDir: false, bytes: Buffer.from(bytes), durable: Buffer.from(bytes) };
    this.#names.set(path, inode);
    this.#durable.set(path, inode);
  }

  get paths(): readonly string[] {
    return [...this.#names.keys()].sort();
  }

  bytesOf(path: string): Buffer {
    return this.#existing(path).bytes;
  }

  copy(): SimDisk {
    return this.#after(this.#pending, new Map());
  }

  /** Every disk that a loss of power at this moment may leave, as far as they differ. */
  afterPowerLoss(): readonly SimDisk[] {
    const disks = new Map<string, SimDisk>();
    for (const kept of subsetsOf(this.#pending)) {
      for (const tears of this.#tears()) {
        const disk = this.#after(kept, tears);
        disks.set(disk.#print(), disk);
      }
    }
    return [...disks.values()];
  }

  /** The system calls of one process. Where its steps are watched, a write takes one byte, so that every byte is a step. */
  process(beforeStep?: BeforeStep): Files {
    let steps = 0;
    const step = async <T>(operation: string, act: () => T): Promise<T> => {
      await beforeStep?.(steps++, operation);
      return act();
    };
    const bytesPerWrite = beforeStep ? 1 : Infinity;
    const at = (path: string) => normalize(path).replace(/(.)\/$/, '$1');
    return {
      makeDir: (dir) => step('makeDir', () => this.#add(at(dir), this.#newInode(0o700, true))),
      modeOfDir: (dir) => step('modeOfDir', () => this.#existing(at(dir)).mode),
      list: (dir) => step('list', () => this.#list(at(dir))),
      read: (path, maxBytes) => step('read', () => this.#read(at(path), maxBytes)),
      create: (path) =>
        step('create', () => {
          const inode = this.#newInode(0o600, false);
          this.#add(at(path), inode);
          return newFile(inode, bytesPerWrite, step);
        }),
      link: (from, to) => step('link', () => this.#add(at(to), this.#existing(at(from)))),
      remove: (path) => step('remove', () => this.#remove(at(path))),
      syncDir: (dir) => step('syncDir', () => this.#syncDir(at(dir))),
    };
  }

  #newInode(mode: number, isDir: boolean): Inode {
    return { mode, isDir, bytes: Buffer.alloc(0), durable: Buffer.alloc(0) };
  }

  #existing(path: string): Inode {
    const inode = this.#names.get(path);
    if (!inode) throw fileError('ENOENT');
    return inode;
  }

  #list(dir: string): readonly string[] {
    if (!this.#existing(dir).isDir) throw fileError('ENOTDIR');
    return this.paths.filter((path) => dirname(path) === dir).map((path) => path.slice(dir.length + 1));
  }

  #read(path: string, maxBytes: number): FileContent {
    const { bytes, mode } = this.#existing(path);
    if (bytes.length > maxBytes) throw fileError('EFBIG');
    return { bytes: Buffer.from(bytes), mode };
  }

  #add(path: string, inode: Inode): void {
    if (this.#names.has(path)) throw fileError('EEXIST');
    this.#names.set(path, inode);
    this.#pending.push({ path, inode });
  }

  #remove(path: string): void {
    this.#existing(path);
    this.#names.delete(path);
    this.#pending.push({ path, inode: undefined });
  }

  #syncDir(dir: string): void {
    const [within, others] = [true, false].map((wanted) =>
      this.#pending.filter(({ path }) => (dirname(path) === dir) === wanted),
    );
    apply(this.#durable, within!);
    this.#pending = others!;
  }

  /** The disk with those changes of names kept, and files torn. */
  #after(kept: readonly NameChange[], tears: ReadonlyMap<Inode, Buffer>): SimDisk {
    const names = new Map(this.#durable);
    apply(names, kept);
    const disk = new SimDisk();
    const copies = new Map<Inode, Inode>();
    const isLost = (path: string) => path !== '/' && dirname(path) !== '/' && !names.has(dirname(path));
    for (const [path, inode] of names) {
      if (isLost(path)) continue;
      const torn = tears.get(inode) ?? inode.bytes;
      const copied = copies.get(inode) ?? { ...inode, bytes: Buffer.from(torn), durable: Buffer.from(torn) };
      copies.set(inode, copied);
      disk.#names.set(path, copied);
      disk.#durable.set(path, copied);
    }
    return disk;
  }

  /** One file is written at a time here, so each tear is of one file. */
  #tears(): readonly ReadonlyMap<Inode, Buffer>[] {
    const unsynced = [...new Set(this.#names.values())].filter(
      ({ bytes, durable }) => !bytes.equals(durable),
    );
    const whole: ReadonlyMap<Inode, Buffer> = new Map();
    return [whole, ...unsynced.flatMap((inode) => tearsOf(inode).map((torn) => new Map([[inode, torn]])))];
  }

  #print(): string {
    return [...this.#names]
      .map(([path, { bytes }]) => `${path}=${bytes.toString('hex')}`)
      .sort()
      .join();
  }
}

type Step = <T>(operation: string, act: () => T) => Promise<T>;

function newFile(inode: Inode, bytesPerWrite: number, step: Step): NewFile {
  return {
    write: (bytes) =>
      step('write', () => {
        const taken = bytes.subarray(0, bytesPerWrite);
        inode.bytes = Buffer.concat([inode.bytes, taken]);
        return taken.length;
      }),
    sync: () => step('sync', () => void (inode.durable = Buffer.from(inode.bytes))),
    close: () => step('close', () => undefined),
  };
}

/** As at the last sync, cut, of the right length but without the data, and half with it. */
function tearsOf({ bytes, durable }: Inode): readonly Buffer[] {
  const half = bytes.length >> 1;
  return [
    durable,
    bytes.subarray(0, half),
    bytes.subarray(0, -1),
    Buffer.alloc(bytes.length),
    Buffer.concat([bytes.subarray(0, half), Buffer.alloc(bytes.length - half)]),
  ];
}

function subsetsOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  return items.reduce<T[][]>((subsets, item) => [...subsets, ...subsets.map((set) => [...set, item])], [[]]);
}

function apply(names: Map<string, Inode>, changes: readonly NameChange[]): void {
  for (const { path, inode } of changes) {
    if (inode) names.set(path, inode);
    else names.delete(path);
  }
}

export function fileError(code: string): Error {
  return Object.assign(new Error(`simulated ${code}`), { code });
}
