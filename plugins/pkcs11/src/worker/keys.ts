import { attempt, failureOf, own } from './failure.js';
import * as ck from './cryptoki.js';
import type { Attribute, Cryptoki, Handle } from './cryptoki.js';
import type { Token } from './token.js';

/** A key is all secret keys of a label; each is a version. */
export interface KeyVersion {
  readonly handle: Handle;
  /** CKA_ID as a big-endian counter from 1. */
  readonly version: number;
  readonly wraps: boolean;
  readonly opens: boolean;
}

/** The attributes that allow a key to wrap and to open. */
export interface Usage {
  readonly wrap: number;
  readonly open: number;
}

export type Versions = readonly [KeyVersion, ...KeyVersion[]];

const CHUNK = 64;
const LONGEST_ID = 4;

/** Looks keys up in the token. */
export class Keys {
  readonly #module: Cryptoki;
  readonly #token: Token;
  readonly #usage: Usage;
  readonly #now: () => number;

  constructor(module: Cryptoki, token: Token, usage: Usage, now: () => number) {
    this.#module = module;
    this.#token = token;
    this.#usage = usage;
    this.#now = now;
  }

  /**
   * The versions of a key, the newest first. An object whose CKA_ID is no counter is no version.
   *
   * @throws WorkerFailure `KEY_ABSENT`, `KEY_NOT_AES`, `VERSION_TWICE`
   */
  versions(session: Handle, label: string): Versions {
    const read = this.#find(session, label).flatMap((handle) => this.#read(session, handle));
    const [newest, ...older] = read.sort((a, b) => b.version - a.version);
    if (newest === undefined) {
      this.#token.assertLoggedIn();
      throw own('C_FindObjects', 'KEY_ABSENT');
    }
    if (read.some(({ version }, index) => version === read[index + 1]?.version)) {
      throw own('C_FindObjects', 'VERSION_TWICE');
    }
    return [newest, ...older];
  }

  #find(session: Handle, label: string): Handle[] {
    const template: Attribute[] = [
      { type: ck.CKA_CLASS, value: ck.CKO_SECRET_KEY },
      { type: ck.CKA_TOKEN, value: true },
      { type: ck.CKA_LABEL, value: label },
    ];
    attempt('C_FindObjectsInit', () => this.#module.C_FindObjectsInit(session, template));
    const found: Handle[] = [];
    try {
      for (let chunk: Handle[] | undefined; chunk?.length !== 0; found.push(...chunk)) {
        chunk = attempt('C_FindObjects', () => this.#module.C_FindObjects(session, CHUNK));
      }
    } finally {
      attempt('C_FindObjectsFinal', () => this.#module.C_FindObjectsFinal(session));
    }
    return found;
  }

  #read(session: Handle, handle: Handle): KeyVersion[] {
    const { wrap, open } = this.#usage;
    const [id, type, wraps, opens] = attempt('C_GetAttributeValue', () =>
      this.#module.C_GetAttributeValue(
        session,
        handle,
        [ck.CKA_ID, ck.CKA_KEY_TYPE, wrap, open].map((attribute) => ({ type: attribute })),
      ),
    ).map(({ value }) => value);
    const version = counter(id);
    if (version === undefined) return [];
    if (type?.at(0) !== ck.CKK_AES) throw own('C_GetAttributeValue', 'KEY_NOT_AES');
    const inTime = this.#isInTime(session, handle);
    return [{ handle, version, wraps: inTime && wraps?.at(0) === 1, opens: inTime && opens?.at(0) === 1 }];
  }

  /** Cryptoki leaves CKA_START_DATE and CKA_END_DATE, both inclusive, to the application. Days are those of UTC. */
  #isInTime(session: Handle, handle: Handle): boolean {
    const today = new Date(this.#now()).toISOString().slice(0, 10).replaceAll('-', '');
    const start = this.#date(session, handle, ck.CKA_START_DATE) ?? today;
    const end = this.#date(session, handle, ck.CKA_END_DATE) ?? today;
    return start <= today && today <= end;
  }

  #date(session: Handle, handle: Handle, type: number): string | undefined {
    try {
      const [date] = this.#module.C_GetAttributeValue(session, handle, [{ type }]);
      const text = date?.value.toString('latin1');
      return text === '00000000' ? undefined : text;
    } catch (error) {
      if (isWithoutDate(error)) return undefined;
      throw failureOf('C_GetAttributeValue', error);
    }
  }
}

/** pkcs11js throws a TypeError for an empty date; a module that knows no dates answers CKR_ATTRIBUTE_TYPE_INVALID. */
const isWithoutDate = (error: unknown): boolean =>
  error instanceof Error && /^CKR_ATTRIBUTE_TYPE_INVALID$|has wrong length\. .*but is 0$/.test(error.message);

function counter(id: Buffer | undefined): number | undefined {
  if (id === undefined || id.length === 0 || id.length > LONGEST_ID) return undefined;
  return id.readUIntBE(0, id.length) || undefined;
}
