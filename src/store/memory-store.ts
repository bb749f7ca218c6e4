/* eslint-disable @typescript-eslint/require-await -- other stores wait for their answers */
import { nextRevision, type Store, type StoredRecord, type Versioned } from './store.js';

/** State that lives as long as the process. */
export class MemoryStore implements Store {
  readonly #values = new Map<string, Versioned>();
  readonly #kinds = new Map<string, Map<string, StoredRecord>>();

  async open(): Promise<void> {
    // There is nothing to open.
  }

  async load(name: string): Promise<Versioned | undefined> {
    return this.#values.get(name);
  }

  async replace(name: string, expected: number | undefined, value: Uint8Array): Promise<number | undefined> {
    if (this.#values.get(name)?.revision !== expected) return undefined;
    const revision = nextRevision(expected);
    this.#values.set(name, { revision, value: Uint8Array.from(value) });
    return revision;
  }

  async put(kind: string, record: StoredRecord): Promise<void> {
    const records = this.#kinds.get(kind) ?? new Map<string, StoredRecord>();
    this.#kinds.set(kind, records.set(record.id, record));
  }

  async records(kind: string): Promise<readonly StoredRecord[]> {
    const records = [...(this.#kinds.get(kind)?.values() ?? [])];
    return records.sort((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)));
  }

  async forget(kind: string, now: number): Promise<void> {
    const records = this.#kinds.get(kind);
    for (const { id, neededUntil } of records?.values() ?? []) if (neededUntil < now) records?.delete(id);
  }

  async close(): Promise<void> {
    // There is nothing to close.
  }
}
