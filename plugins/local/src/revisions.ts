import type { Host } from 'kkp-plugin-kit';
import { refuse } from './errors.js';
import { codeOf, type FileContent, type Files } from './files.js';

const TEMPORARY = '.tmp-';
const REVISION = /^(?<entry>.+)\.(?<revision>[1-9]\d{0,14})$/;
/** Looks at a directory that others change at the same time. */
const LOOKS = 3;

/**
 * Entries of a directory, each kept in files `<entry>.<revision>`, of which the highest counts. A file is never changed once it
 * has that name, and never replaced: the next revision is written beside it, made durable, and only then is the old one removed.
 * So there is one whole revision at every moment, whatever happens to the machine.
 *
 * No lock is needed against a second writer, and none can be left behind by one that died: both link the same next name, and the
 * system lets one do it.
 */
export class RevisionFiles {
  constructor(
    readonly dir: string,
    private readonly files: Files,
    private readonly random: Host['random'],
  ) {}

  /** The highest revision of each entry. */
  async list(): Promise<ReadonlyMap<string, number>> {
    const highest = new Map<string, number>();
    for (const { entry, revision } of (await this.files.list(this.dir)).flatMap(parseName)) {
      highest.set(entry, Math.max(revision, highest.get(entry) ?? 0));
    }
    return highest;
  }

  /** The highest revision, or undefined when there is none. */
  async latest(entry: string): Promise<number | undefined> {
    for (let look = 1; look <= LOOKS; look += 1) {
      const revision = (await this.list()).get(entry);
      if (revision !== undefined) return revision;
      // A listing may miss a file that came and one that went while it was made.
    }
    return undefined;
  }

  /** @throws ENOENT when the revision was removed, since there is a higher one. */
  async read(entry: string, revision: number, maxBytes: number): Promise<FileContent> {
    return this.files.read(this.#path(entry, revision), maxBytes);
  }

  /** Makes what is seen in the directory durable, before anything is built on it. */
  async settle(): Promise<void> {
    try {
      await this.files.syncDir(this.dir);
    } catch (error) {
      // Who cannot write there cannot have left anything half written either.
      if (codeOf(error) !== 'EROFS') throw error;
    }
  }

  /**
   * Adds the revision after `previous` (0: the first), and returns when it is durable and older ones are gone.
   *
   * @throws KmsError `conflict` when `previous` is not the highest any more; `not-cleaned-up` when the revision was added
   */
  async commit(entry: string, previous: number, bytes: Uint8Array): Promise<number> {
    const revision = previous + 1;
    const path = this.#path(entry, revision);
    await this.#write(path, bytes);
    // The name was free also when others have gone past it and have removed it since.
    if ((await this.latest(entry)) !== revision) {
      await this.#removeIfThere(path);
      throw refuse('conflict');
    }
    await this.files.syncDir(this.dir);
    await this.#cleanUp(entry, revision);
    return revision;
  }

  /** Removes files that a writer left who was interrupted, and revisions of the entry below `current`. */
  async #cleanUp(entry: string, current: number): Promise<void> {
    try {
      for (const name of await this.files.list(this.dir)) {
        const old = parseName(name).some((file) => file.entry === entry && file.revision < current);
        if (old || name.startsWith(TEMPORARY)) await this.#removeIfThere(`${this.dir}/${name}`);
      }
      await this.files.syncDir(this.dir);
    } catch (cause) {
      throw Object.assign(refuse('not-cleaned-up'), { cause });
    }
  }

  /** The file appears whole and durable under its name, or not at all. */
  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const temporary = `${this.dir}/${TEMPORARY}${Buffer.from(this.random.bytes(8)).toString('hex')}`;
    try {
      await this.#fill(temporary, bytes);
      await this.#link(temporary, path);
    } finally {
      // What cannot be removed now is with the next commit, and is no reason to fail this one.
      await this.files.remove(temporary).catch(() => undefined);
    }
  }

  async #link(temporary: string, path: string): Promise<void> {
    try {
      await this.files.link(temporary, path);
    } catch (error) {
      // The revision was there first, or another writer has removed our temporary file while cleaning up.
      throw ['EEXIST', 'ENOENT'].includes(codeOf(error) ?? '') ? refuse('conflict') : error;
    }
  }

  async #fill(path: string, bytes: Uint8Array): Promise<void> {
    const file = await this.files.create(path);
    try {
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #removeIfThere(path: string): Promise<void> {
    try {
      await this.files.remove(path);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }

  #path(entry: string, revision: number): string {
    return `${this.dir}/${entry}.${revision}`;
  }
}

function parseName(name: string): readonly { entry: string; revision: number }[] {
  const { entry, revision } = REVISION.exec(name)?.groups ?? {};
  return entry === undefined || name.startsWith(TEMPORARY) ? [] : [{ entry, revision: Number(revision) }];
}
