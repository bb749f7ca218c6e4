import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

export const HOME = process.env.KKP_PKCS11_HOME!;
export const MODULE = process.env.KKP_PKCS11_MODULE!;
export const PIN_FILE = process.env.KKP_PKCS11_PIN_FILE!;

/* eslint-disable @typescript-eslint/no-unsafe-return -- the addon's types are not installed where this is compiled */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Addon = any;

/** The owner of the token, on a login of its own in this process. */
export class SoftHsmAdmin {
  readonly ck: Addon = createRequire(join(HOME, 'package.json'))('pkcs11js');
  readonly module: Addon = new this.ck.PKCS11();
  readonly session: Buffer;
  #made = 0;

  constructor(pin: string) {
    this.module.load(MODULE);
    this.module.C_Initialize({ flags: this.ck.CKF_OS_LOCKING_OK });
    const slot = this.module
      .C_GetSlotList(true)
      .find((candidate: Buffer) => this.module.C_GetTokenInfo(candidate).label.trim() === 'kkp');
    this.session = this.module.C_OpenSession(slot, this.ck.CKF_SERIAL_SESSION | this.ck.CKF_RW_SESSION);
    this.module.C_Login(this.session, this.ck.CKU_USER, pin);
  }

  createKey(label = `created-${++this.#made}`, { version = 1, ...fields }: KeyFields = {}): string {
    const { ck } = this;
    const template = {
      CKA_CLASS: ck.CKO_SECRET_KEY,
      CKA_KEY_TYPE: ck.CKK_AES,
      CKA_VALUE_LEN: 32,
      CKA_TOKEN: true,
      CKA_PRIVATE: true,
      CKA_SENSITIVE: true,
      CKA_EXTRACTABLE: false,
      CKA_LABEL: label,
      CKA_ID: Buffer.from([version]),
      CKA_ENCRYPT: true,
      CKA_DECRYPT: true,
      CKA_WRAP: true,
      CKA_UNWRAP: true,
      ...fields,
    };
    this.module.C_GenerateKey(this.session, { mechanism: ck.CKM_AES_KEY_GEN }, this.attributes(template));
    return label;
  }

  rotate(label: string): void {
    this.createKey(label, { version: this.find(label).length + 1 });
  }

  disable(label: string): void {
    const off = { CKA_ENCRYPT: false, CKA_DECRYPT: false, CKA_WRAP: false, CKA_UNWRAP: false };
    for (const key of this.find(label)) this.set(key, off);
  }

  delete(label: string): void {
    for (const key of this.find(label)) this.module.C_DestroyObject(this.session, key);
  }

  set(key: Buffer, fields: Readonly<Record<string, unknown>>): void {
    this.module.C_SetAttributeValue(this.session, key, this.attributes(fields));
  }

  find(label: string): Buffer[] {
    this.module.C_FindObjectsInit(this.session, this.attributes({ CKA_LABEL: label }));
    const found = this.module.C_FindObjects(this.session, 100);
    this.module.C_FindObjectsFinal(this.session);
    return found;
  }

  attributes(fields: Readonly<Record<string, unknown>>): object[] {
    return Object.entries(fields).map(([name, value]) => ({ type: this.ck[name], value }));
  }
}

export interface KeyFields {
  readonly version?: number;
  readonly [attribute: string]: unknown;
}

/** The processes that this one has started and that still live. */
export function childrenOf(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

/** Stops the module's processes until the returned function is called. */
export function stopChildren(): () => void {
  const pids = childrenOf(process.pid);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  return () => {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  };
}
