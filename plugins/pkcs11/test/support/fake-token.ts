import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const PIN = 'correct horse 1234';
export const LABEL = 'kkp test';
export const SERIAL = 'a1b2c3d4e5f60718';

export interface FakeKey {
  handle: number;
  label: string;
  /** CKA_ID in hex. */
  id: string;
  value: string;
  type: 'AES' | 'DES3';
  encrypt: boolean;
  decrypt: boolean;
  wrap: boolean;
  unwrap: boolean;
  start?: string;
  end?: string;
}

interface FakeState {
  lostSessionsOf?: number;
  lostLoginOf?: number;
  tokens: {
    label: string;
    serial: string;
    pin: string;
    triesLeft?: number;
    sessions?: number;
    hardware?: boolean;
    quirks?: string[];
    keys: FakeKey[];
  }[];
}

export interface Fault {
  hang?: boolean;
  abort?: boolean;
  segfault?: boolean;
  exit?: number;
  /** CKR_ and this. */
  rv?: string;
  throws?: string;
  once?: boolean;
}

/** A token on disk that the fake module serves, and its owner's means. */
export class FakeToken {
  readonly directory = mkdtempSync(join(tmpdir(), 'kkp-pkcs11-'));
  readonly module = join(this.directory, 'token.json');
  readonly pinFile = join(this.directory, 'pin');
  #made = 0;
  #told = 0;

  constructor() {
    mkdirSync(join(this.directory, 'faults'));
    writeFileSync(this.pinFile, `${PIN}\n`);
    this.#write({ tokens: [{ label: LABEL, serial: SERIAL, pin: PIN, keys: [] }] });
  }

  change(act: (state: FakeState, token: FakeState['tokens'][0]) => void): void {
    const state = JSON.parse(readFileSync(this.module, 'utf8')) as FakeState;
    act(state, state.tokens[0]!);
    this.#write(state);
  }

  createKey(label = `created-${++this.#made}`, fields: Partial<FakeKey> = {}): string {
    this.change((_state, { keys }) => {
      const versions = keys.filter((key) => key.label === label).length;
      keys.push({
        handle: (keys.at(-1)?.handle ?? 0) + 1,
        label,
        id: (versions + 1).toString(16).padStart(2, '0'),
        value: randomBytes(32).toString('hex'),
        type: 'AES',
        encrypt: true,
        decrypt: true,
        wrap: true,
        unwrap: true,
        ...fields,
      });
    });
    return label;
  }

  rotate(label: string): void {
    this.createKey(label);
  }

  /** Changes every version of the key, or one. */
  alter(label: string, fields: Partial<FakeKey>, id?: string): void {
    this.change((_state, { keys }) => {
      for (const key of keys)
        if (key.label === label && key.id === (id ?? key.id)) Object.assign(key, fields);
    });
  }

  disable(label: string): void {
    this.alter(label, { encrypt: false, decrypt: false, wrap: false, unwrap: false });
  }

  delete(label: string, id?: string): void {
    this.change((_state, token) => {
      token.keys = token.keys.filter((key) => key.label !== label || (id !== undefined && key.id !== id));
    });
  }

  /** Until the returned function is called, or once. */
  fault(call: string, fault: Fault): () => void {
    const path = join(this.directory, 'faults', call);
    writeFileSync(`${path}.new`, JSON.stringify(fault));
    renameSync(`${path}.new`, path);
    return () => rmSync(path, { force: true });
  }

  /** What the module was asked since the last time. */
  calls(): string[] {
    const path = join(this.directory, 'calls.log');
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
    const fresh = lines.slice(this.#told);
    this.#told = lines.length;
    return fresh;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #write(state: FakeState): void {
    writeFileSync(`${this.module}.new`, JSON.stringify(state));
    renameSync(`${this.module}.new`, this.module);
  }
}
