/**
 * The slice of pkcs11js that the worker uses, over a token on disk. It does what SoftHSM 2.6.1 through pkcs11js 2.1.7 did
 * when both were tried: `npm run test:softhsm` runs the same tests of manners against those.
 */
import { gcmDecrypt, gcmEncrypt, checkGcm, unwrapPad, wrapPad } from './crypto.mjs';
import { CKA, CKF, CKK, CKM, ckr } from './names.mjs';
import { attribute, matches, ulong } from './objects.mjs';
import { strike, strikeAsync } from './faults.mjs';
import { TokenFile } from './token.mjs';

const FIRST_SESSION_OBJECT = 1_000_000;
const numberOf = (handle) => Number(handle.readBigUInt64LE());

export class PKCS11 {
  #token;
  #sessions = new Map();
  #objects = new Map();
  #last = FIRST_SESSION_OBJECT;
  #initialized = false;
  #loggedIn = false;

  load(path) {
    if (!path.endsWith('token.json')) {
      throw new Error(`${path}: cannot open shared object file: No such file or directory`);
    }
    this.#token = new TokenFile(path);
    this.#token.note(
      `env=${Object.keys(process.env).sort().join(',')} argv=${process.argv.slice(2).join(',')}`,
    );
  }

  C_Initialize({ flags }) {
    this.#begin('C_Initialize', { initialized: false });
    if (this.#initialized) throw ckr('CRYPTOKI_ALREADY_INITIALIZED');
    if ((flags & CKF.OS_LOCKING_OK) === 0) throw ckr('ARGUMENTS_BAD');
    this.#initialized = true;
  }

  C_Finalize() {
    this.#begin('C_Finalize');
    this.#initialized = false;
  }

  C_GetSlotList() {
    this.#begin('C_GetSlotList');
    return this.#token.read().tokens.map((_token, index) => ulong(index));
  }

  C_GetSlotInfo(slot) {
    this.#begin('C_GetSlotInfo');
    return { flags: 1 | (this.#tokenAt(slot).hardware ? CKF.HW_SLOT : 0) };
  }

  C_GetTokenInfo(slot) {
    this.#begin('C_GetTokenInfo');
    const { label, serial, triesLeft } = this.#tokenAt(slot);
    const flags = { 1: CKF.PIN_FINAL_TRY, 0: CKF.PIN_LOCKED }[triesLeft] ?? 0;
    return { label: label.padEnd(32), serialNumber: serial.padEnd(16), flags: 0x42d | flags };
  }

  C_OpenSession(slot, flags) {
    this.#begin('C_OpenSession');
    if ((flags & CKF.SERIAL_SESSION) === 0) throw ckr('SESSION_PARALLEL_NOT_SUPPORTED');
    if (this.#sessions.size >= (this.#tokenAt(slot).sessions ?? Infinity)) throw ckr('SESSION_COUNT');
    const handle = ulong((this.#last += 1));
    this.#sessions.set(this.#last, { slot });
    return handle;
  }

  /** The login ends with the last session of the process (PKCS#11 2.40, 5.6). */
  C_CloseSession(session) {
    this.#session('C_CloseSession', session);
    this.#sessions.delete(numberOf(session));
    if (this.#sessions.size === 0) this.#loggedIn = false;
  }

  C_GetSessionInfo(session) {
    this.#session('C_GetSessionInfo', session);
    return { state: this.#isLoggedIn() ? 1 : 0 };
  }

  C_Login(session, user, pin) {
    const { slot } = this.#session('C_Login', session);
    const { pin: right, triesLeft } = this.#tokenAt(slot);
    if (this.#loggedIn) throw ckr('USER_ALREADY_LOGGED_IN');
    if (triesLeft === 0) throw ckr('PIN_LOCKED');
    if (user !== 1 || pin !== right) throw ckr('PIN_INCORRECT');
    this.#loggedIn = true;
  }

  C_FindObjectsInit(session, template) {
    const state = this.#session('C_FindObjectsInit', session);
    if (state.found) throw ckr('OPERATION_ACTIVE');
    const { keys } = this.#tokenAt(state.slot);
    const seen = keys.filter((key) => this.#isLoggedIn() && matches(key, template));
    state.found = seen.map(({ handle }) => ulong(handle));
  }

  C_FindObjects(session, most) {
    const { found } = this.#session('C_FindObjects', session);
    if (!found) throw ckr('OPERATION_NOT_INITIALIZED');
    return found.splice(0, most);
  }

  C_FindObjectsFinal(session) {
    const state = this.#session('C_FindObjectsFinal', session);
    if (!state.found) throw ckr('OPERATION_NOT_INITIALIZED');
    state.found = undefined;
  }

  C_GetAttributeValue(session, object, template) {
    const state = this.#session('C_GetAttributeValue', session);
    const secret = this.#objects.get(numberOf(object));
    if (secret) return template.map(({ type }) => ({ type, value: Buffer.from(secret) }));
    const key = this.#key(state, object);
    return template.map(({ type }) => ({ type, value: attribute(key, type, this.#quirks(state)) }));
  }

  C_CreateObject(session, template) {
    this.#session('C_CreateObject', session);
    return this.#createSecret(template, template.find(({ type }) => type === CKA.VALUE)?.value);
  }

  C_DestroyObject(session, object) {
    this.#session('C_DestroyObject', session);
    if (!this.#objects.delete(numberOf(object))) throw ckr('OBJECT_HANDLE_INVALID');
  }

  C_EncryptInit(session, mechanism, key) {
    this.#init('C_EncryptInit', session, mechanism, key, 'encrypt');
  }

  async C_EncryptAsync(session, input, output) {
    const { value, parameter, state } = await this.#operation('C_Encrypt', session, input);
    return this.#put(state, gcmEncrypt(value, parameter, input, this.#quirks(state)), output);
  }

  C_DecryptInit(session, mechanism, key) {
    this.#init('C_DecryptInit', session, mechanism, key, 'decrypt');
  }

  async C_DecryptAsync(session, input, output) {
    const { value, parameter, state } = await this.#operation('C_Decrypt', session, input);
    return this.#put(state, gcmDecrypt(value, parameter, input), output);
  }

  C_WrapKey(session, { mechanism }, by, key, output) {
    const state = this.#session('C_WrapKey', session);
    if (mechanism !== CKM.AES_KEY_WRAP_PAD) throw ckr('MECHANISM_INVALID');
    const wrapping = this.#key(state, by);
    if (!wrapping.wrap) throw ckr('KEY_FUNCTION_NOT_PERMITTED');
    return this.#put(
      {},
      wrapPad(Buffer.from(wrapping.value, 'hex'), this.#objects.get(numberOf(key))),
      output,
    );
  }

  C_UnwrapKey(session, { mechanism }, by, wrapped, template) {
    const state = this.#session('C_UnwrapKey', session);
    if (mechanism !== CKM.AES_KEY_WRAP_PAD) throw ckr('MECHANISM_INVALID');
    const unwrapping = this.#key(state, by);
    if (!unwrapping.unwrap) throw ckr('KEY_FUNCTION_NOT_PERMITTED');
    return this.#createSecret(template, unwrapPad(Buffer.from(unwrapping.value, 'hex'), wrapped));
  }

  #createSecret(template, value) {
    const given = new Map(template.map((entry) => [entry.type, entry.value]));
    const fits = given.get(CKA.KEY_TYPE) === CKK.GENERIC_SECRET && given.get(CKA.EXTRACTABLE) === true;
    if (!fits || given.get(CKA.TOKEN) !== false) throw ckr('TEMPLATE_INCONSISTENT');
    this.#objects.set((this.#last += 1), Buffer.from(value));
    return ulong(this.#last);
  }

  #init(call, session, mechanism, handle, usage) {
    const state = this.#session(call, session);
    if (state.operation) throw ckr('OPERATION_ACTIVE');
    checkGcm(mechanism);
    const key = this.#key(state, handle);
    if (!key[usage]) throw ckr('KEY_FUNCTION_NOT_PERMITTED');
    state.operation = { value: Buffer.from(key.value, 'hex'), parameter: mechanism.parameter };
  }

  async #operation(call, session, input) {
    const state = this.#session(call, session, { strikes: false });
    const { operation } = state;
    if (!operation || operation.running) throw ckr('OPERATION_NOT_INITIALIZED');
    operation.running = true;
    // The work is done on a thread of its own: others may run meanwhile.
    try {
      await strikeAsync(this.#token, call);
    } finally {
      state.operation = undefined;
    }
    if (input.length === 0) throw ckr('ARGUMENTS_BAD');
    return { ...operation, state };
  }

  /** A buffer that is too small leaves the operation active (PKCS#11 2.40, 5.2). */
  #put(state, result, output) {
    if (output.length < result.length) {
      state.operation = {};
      throw ckr('BUFFER_TOO_SMALL');
    }
    result.copy(output);
    return output.subarray(0, result.length);
  }

  #begin(call, { initialized = true, strikes = true } = {}) {
    this.#token.note(call);
    if (strikes) strike(this.#token, call);
    if (initialized && !this.#initialized) throw ckr('CRYPTOKI_NOT_INITIALIZED');
  }

  #session(call, session, options) {
    this.#begin(call, options);
    const state = this.#sessions.get(numberOf(session));
    if (!state || this.#token.read().lostSessionsOf === process.pid) throw ckr('SESSION_HANDLE_INVALID');
    return state;
  }

  #tokenAt(slot) {
    const token = this.#token.read().tokens[numberOf(slot)];
    if (!token) throw ckr('TOKEN_NOT_PRESENT');
    return token;
  }

  #quirks({ slot }) {
    return this.#tokenAt(slot).quirks ?? [];
  }

  #isLoggedIn() {
    return this.#loggedIn && this.#token.read().lostLoginOf !== process.pid;
  }

  #key({ slot }, handle) {
    const key = this.#tokenAt(slot).keys.find((candidate) => candidate.handle === numberOf(handle));
    if (!key || !this.#isLoggedIn()) throw ckr('OBJECT_HANDLE_INVALID');
    return key;
  }
}
