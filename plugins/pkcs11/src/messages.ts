import type { Mechanism } from './mechanism.js';

/** What KKP asks of the module's process. Bytes travel beside it as parts, in the order given here. */
export type Request =
  /** Parts: the PIN. */
  | {
      readonly op: 'start';
      readonly module: string;
      readonly tokenLabel: string | null;
      readonly tokenSerial: string | null;
      readonly mechanism: Mechanism;
      readonly sessions: number;
      readonly rememberMs: number;
    }
  /** Parts: plaintext, IV (zeros where the module makes it, empty for key wrap), AAD. */
  | { readonly op: 'wrap'; readonly label: string }
  /** Parts: ciphertext, IV, AAD. */
  | { readonly op: 'unwrap'; readonly label: string; readonly version: number }
  | { readonly op: 'describe'; readonly label: string }
  | { readonly op: 'probe' };

export interface Results {
  /** The token's serial number, and how many operations it takes at once. */
  readonly start: { readonly serial: string; readonly sessions: number };
  /** Parts: ciphertext, and the IV as the module left it. */
  readonly wrap: { readonly version: number };
  /** Parts: plaintext. */
  readonly unwrap: { readonly stale: boolean };
  readonly describe: { readonly version: number; readonly enabled: boolean; readonly hardware: boolean };
  readonly probe: Readonly<Record<string, never>>;
}

/** Why the module did not do it: the call, and either Cryptoki's name of the error or one of the worker's own. */
export interface Failure {
  readonly call: string;
  readonly name: string;
  /** Only of a module that could not be loaded: what the loader said. */
  readonly detail?: string;
}

/** The worker's own reasons, beside Cryptoki's `CKR_...`. */
export type OwnReason =
  | 'ADDON_MISSING'
  | 'MODULE_NOT_LOADED'
  | 'TOKEN_ABSENT'
  | 'TOKEN_AMBIGUOUS'
  | 'PIN_LAST_TRY'
  | 'LOGIN_LOST'
  | 'KEY_ABSENT'
  | 'KEY_DISABLED'
  | 'KEY_NOT_AES'
  | 'VERSION_ABSENT'
  | 'VERSION_TWICE'
  | 'IV_ABSENT'
  | 'PADDING_WRONG'
  | 'UNEXPECTED';

export type Reply = { readonly ok: unknown } | { readonly failure: Failure };
