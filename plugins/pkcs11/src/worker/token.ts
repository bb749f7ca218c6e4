import { own, attempt } from './failure.js';
import {
  CKF_OS_LOCKING_OK,
  CKF_SERIAL_SESSION,
  CKF_USER_PIN_FINAL_TRY,
  CKF_HW_SLOT,
  CKS_RO_USER_FUNCTIONS,
  CKS_RW_USER_FUNCTIONS,
  CKU_USER,
  type Cryptoki,
  type Handle,
} from './cryptoki.js';

interface TokenChoice {
  readonly tokenLabel: string | null;
  readonly tokenSerial: string | null;
}

/** One token, logged in, as long as the process lives. */
export class Token {
  readonly serial: string;
  readonly #module: Cryptoki;
  readonly #slot: Handle;
  /** Never used for operations and never closed: the login ends with the last session of the process. */
  readonly #anchor: Handle;

  /** `pin` is not kept. */
  constructor(module: Cryptoki, choice: TokenChoice, pin: string) {
    this.#module = module;
    attempt('C_Initialize', () => module.C_Initialize({ flags: CKF_OS_LOCKING_OK }));
    const { slot, serial } = find(module, choice);
    this.serial = serial;
    this.#slot = slot;
    this.#anchor = this.openSession();
    this.#logIn(pin);
  }

  openSession(): Handle {
    return attempt('C_OpenSession', () => this.#module.C_OpenSession(this.#slot, CKF_SERIAL_SESSION));
  }

  closeSession(session: Handle): void {
    attempt('C_CloseSession', () => this.#module.C_CloseSession(session));
  }

  get isHardware(): boolean {
    return (attempt('C_GetSlotInfo', () => this.#module.C_GetSlotInfo(this.#slot)).flags & CKF_HW_SLOT) !== 0;
  }

  /**
   * Private keys vanish from searches with the login, and then a missing key is none.
   *
   * @throws WorkerFailure `LOGIN_LOST`
   */
  assertLoggedIn(): void {
    const { state } = attempt('C_GetSessionInfo', () => this.#module.C_GetSessionInfo(this.#anchor));
    if (state !== CKS_RO_USER_FUNCTIONS && state !== CKS_RW_USER_FUNCTIONS) {
      throw own('C_GetSessionInfo', 'LOGIN_LOST');
    }
  }

  finalize(): void {
    attempt('C_Finalize', () => this.#module.C_Finalize());
  }

  #logIn(pin: string): void {
    const { flags } = attempt('C_GetTokenInfo', () => this.#module.C_GetTokenInfo(this.#slot));
    if ((flags & CKF_USER_PIN_FINAL_TRY) !== 0) throw own('C_Login', 'PIN_LAST_TRY');
    attempt('C_Login', () => this.#module.C_Login(this.#anchor, CKU_USER, pin));
  }
}

function find(module: Cryptoki, { tokenLabel, tokenSerial }: TokenChoice): { slot: Handle; serial: string } {
  const slots = attempt('C_GetSlotList', () => module.C_GetSlotList(true));
  const found = slots.flatMap((slot) => {
    const info = attempt('C_GetTokenInfo', () => module.C_GetTokenInfo(slot));
    const [label, serial] = [trim(info.label), trim(info.serialNumber)];
    const fits = (tokenLabel ?? label) === label && (tokenSerial ?? serial) === serial;
    return fits ? [{ slot, serial }] : [];
  });
  const [first] = found;
  if (first === undefined) throw own('C_GetSlotList', 'TOKEN_ABSENT');
  if (found.length > 1) throw own('C_GetSlotList', 'TOKEN_AMBIGUOUS');
  return first;
}

/** Both are padded with blanks; some modules end them with NUL instead. */
const trim = (text: string): string => text.replace(/[ \0]+$/, '');
