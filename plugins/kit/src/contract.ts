/**
 * The contract of a KKP backend, version 1. This is the file to read first.
 *
 * A backend wraps and unwraps small keys with a key that lives in a key service. Everything else is the core's:
 * canonical AAD, data keys, sealing where a key takes no AAD, retries, deadlines, caching, audit and HTTP.
 */
import type { KmsErrorCode } from './errors.js';

/** The largest `WrappedKey.blob`, in bytes: room for the 64 KiB that GCP wraps, and for what wrapping adds. */
export const MAX_BLOB_BYTES = 131_072;

/** The longest key id, in characters; the shortest has one. */
export const MAX_KEY_ID_LENGTH = 1024;

/** What names of algorithms and labels of versions look like: they travel in the envelope's header. */
export const LABEL = /^[\x21-\x7e]{1,128}$/;

/** Names that bind a ciphertext to its use. Not secret: key services write them to their logs in clear. */
export type EncryptionContext = Readonly<Record<string, string>>;

/** Additional authenticated data in the two forms that services take. The core makes both; they say the same. */
export interface BoundAad {
  readonly map: EncryptionContext;
  /** The canonical bytes of `map`. */
  readonly bytes: Uint8Array;
}

/** A key, without and with its version. */
export interface KeyPin {
  /** Canonical, version-free id: aliases are resolved. It is the same in every answer, and no rotation changes it. */
  readonly keyId: string;
  /**
   * The provider's own label, of the form `LABEL`. No order is promised; a label never names another version again. What
   * `unwrapKey` is given back came with the ciphertext and is not authenticated: match it against the strict form of the
   * provider's labels before it becomes part of a request, and use it under the asked key only.
   */
  readonly version?: string;
}

export interface WrappedKey {
  /** Opaque to the core; 1 to `MAX_BLOB_BYTES` bytes. */
  readonly blob: Uint8Array;
  /**
   * The provider's name of the algorithm, of the form `LABEL`. What `unwrapKey` is given back came with the ciphertext and
   * is not authenticated: ignore it, or take only names that this backend itself gives and refuse others as `invalid-ciphertext`.
   */
  readonly alg: string;
  /** The key that wrapped; `version` is set whenever the provider's own answer reveals it. */
  readonly key: KeyPin;
}

export interface OpenedKey {
  /** A fresh copy that the core zeroes after use: never a view of a pooled buffer. */
  readonly plaintext: Uint8Array;
  readonly key: KeyPin;
  /**
   * Whether another version than the one that made the blob wraps now; absent where the provider does not tell. A
   * backend that remembers which version wraps may be minutes late, until an answer shows it the new one.
   */
  readonly stale?: boolean;
}

/**
 * What every call carries. A backend obeys both limits itself: the core aborts the signal at the deadline too, but a host
 * need not, and what runs on behind an answer that nobody waits for is the backend's own. `withinCall` does it.
 */
export interface Call {
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  /** Unix time in milliseconds, by `Host.clock`, after which nobody waits for the answer. */
  readonly deadline: number;
  /** For the provider's and our own logs. */
  readonly requestId: string;
}

export interface KmsCapabilities {
  /** Form of AAD the key takes. With `none` the core seals the data key itself before it is wrapped. */
  readonly aad: 'map' | 'bytes' | 'none';
  /** The longest `BoundAad.bytes` that the key takes, where the provider has a limit; wrapping with more is `invalid-request`. */
  readonly maxAadBytes?: number;
  /** The largest plaintext that `wrapKey` takes, in bytes; it takes every size from 1 on, and pads where a mechanism wants blocks. */
  readonly maxPlaintextBytes: number;
  /** `public-key`: whoever has the public key can make a blob that opens, so its origin is not proven. */
  readonly integrity: 'aead' | 'wrap' | 'public-key';
  /** Where a key version is found again when a blob is opened. */
  readonly versions: 'in-blob' | 'in-id' | 'opaque' | 'none';
  /**
   * Whether `wrapKey` names the version. False where it would take a second request: `Encrypt` of AWS tells no key
   * material. With `in-id` it must be true, since nothing else finds the version again. `generateDataKey` and `rewrap`
   * name it wherever their own answer does: those of AWS do.
   */
  readonly reportsVersionOnWrap: boolean;
  readonly reportsVersionOnUnwrap: boolean;
  readonly generateDataKey: boolean;
  readonly rewrap: 'none' | 'no-aad' | 'full';
}

export interface KeyDescription {
  /** Alias resolved; `version` is the one that wraps now. */
  readonly key: KeyPin;
  readonly state: 'enabled' | 'disabled' | 'pending-deletion' | 'destroyed' | 'unknown';
  readonly alg: string;
  readonly protection: 'software' | 'hsm' | 'external' | 'unknown';
}

export interface KmsHealth {
  /** `degraded`: calls work, and soon may not. */
  readonly status: 'up' | 'degraded' | 'down';
  /** Milliseconds that the probe took. */
  readonly latencyMs: number;
  /** Unix time in milliseconds. */
  readonly checkedAt: number;
  /** Why the status is not `up`. The words are for the log: readiness is answered to anybody. */
  readonly detail?: KmsErrorCode;
}

export interface WrapRequest {
  readonly keyId: string;
  readonly plaintext: Uint8Array;
  readonly aad?: BoundAad;
}

export interface UnwrapRequest {
  readonly keyId: string;
  readonly wrapped: WrappedKey;
  readonly aad?: BoundAad;
}

export interface GenerateDataKeyRequest {
  readonly keyId: string;
  readonly bytes: 16 | 32 | 64;
  readonly aad?: BoundAad;
}

export interface RewrapRequest extends UnwrapRequest {
  readonly toKeyId: string;
  readonly toAad?: BoundAad;
}

/**
 * A connection to one key service. Every method rejects with `KmsError` and with nothing else, and neither keeps nor
 * changes the buffers it was given. Before `open`, after `close`, and once `call.signal` is aborted or `call.deadline` has
 * passed, a call is `unavailable`. A backend tries nothing twice: retries are the core's, which knows the budget.
 */
export interface KmsBackend {
  /**
   * What the key can do. Pure: no I/O, works before `open` and after `close`, the same frozen answer each time.
   * Answers for any text; whether it names a key is for the calls to say.
   */
  capabilities(keyId: string): KmsCapabilities;
  /** All I/O of the start: log in, warm up. Called once. */
  open(call: Call): Promise<void>;
  /**
   * Two calls with the same input give different blobs. AAD for a key that takes none is `unsupported`, never ignored;
   * a plaintext over `maxPlaintextBytes` is `invalid-request`.
   */
  wrapKey(request: WrapRequest, call: Call): Promise<WrappedKey>;
  /**
   * Names `keyId` to the provider and refuses an answer from another key. Of `wrapped.key` only `version` may be used:
   * it comes from the caller's envelope. Wrong key, wrong AAD, a flipped bit and a truncated blob are all
   * `invalid-ciphertext`; with versions `in-id` a version of another key may be `not-found`, where the provider does not
   * tell a missing version from a missing key. Never creates a key.
   */
  unwrapKey(request: UnwrapRequest, call: Call): Promise<OpenedKey>;
  /** Takes every form of id that the provider takes; the `keyId` of the answer is one that every method takes. */
  describeKey(ref: string, call: Call): Promise<KeyDescription>;
  /** A service that fails is an answer, `down` or `degraded`, or a rejection, which counts as `down` with its code. */
  health(call: Call): Promise<KmsHealth>;
  /** Present exactly when `capabilities().generateDataKey` is true. The blob is one that `wrapKey` could have made, AAD included. */
  generateDataKey?(request: GenerateDataKeyRequest, call: Call): Promise<OpenedKey & { wrapped: WrappedKey }>;
  /** Present exactly when `capabilities().rewrap` is not `none`. Refuses what `unwrapKey` refuses, in the same way. */
  rewrap?(request: RewrapRequest, call: Call): Promise<WrappedKey>;
  /** Idempotent, and safe after a failed `open`. */
  close(): Promise<void>;
}

/** What the host lends a backend. Time and randomness come from here, so that tests can fix them. */
export interface Host {
  readonly clock: { now(): number };
  readonly random: { bytes(length: number): Uint8Array };
  /** Structured log: no plaintext, token, blob or credential may be passed. */
  readonly log: (
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ) => void;
}

/** A configured backend that is not open yet. Made by a plugin's factory: `aws({ name: 'eu', region: 'eu-west-1' })`. */
export interface KmsPlugin {
  readonly apiVersion: 1;
  /** The kind of service, for example `aws`. */
  readonly kind: string;
  /** The instance's name in this installation: the token's `backend`. */
  readonly name: string;
  /** No I/O. */
  create(host: Host): KmsBackend;
}
