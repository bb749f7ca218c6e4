import type { BoundAad, KeyPin, WrappedKey } from 'kkp-plugin-kit';
import { zero, type PortableBackend } from '../backends/index.js';
import type { CallContext } from '../call-context.js';
import type { Random } from '../random.js';
import type { DataKeyRecord, SealedDataKey } from './data-key-record.js';
import { KEY_BYTES, NONCE_BYTES, open, seal } from './gcm.js';

export interface DataKeyScope {
  readonly keyId: string;
  readonly aad: BoundAad;
}

export interface NewDataKey {
  /** 32 bytes in clear; the caller zeroes them. */
  readonly dataKey: Uint8Array;
  readonly record: DataKeyRecord;
  /** The key and version that wrapped it. */
  readonly key: KeyPin;
}

/** A fresh data key. Where the key takes no AAD, an inner key, which the backend wraps, binds the data key to it. */
export async function newDataKey(
  backend: PortableBackend,
  { keyId, aad }: DataKeyScope,
  random: Random,
  call: CallContext,
): Promise<NewDataKey> {
  const takesAad = backend.capabilities(keyId).aad !== 'none';
  const made = await backend.generateDataKey({ keyId, bytes: KEY_BYTES, ...(takesAad && { aad }) }, call);
  const record = recordOf(made.wrapped);
  if (takesAad) return { dataKey: made.plaintext, record, key: made.wrapped.key };

  try {
    const dataKey = random.bytes(KEY_BYTES);
    const sealed = sealDataKey(dataKey, made.plaintext, aad, random);
    return { dataKey, record: { ...record, sealed }, key: made.wrapped.key };
  } finally {
    zero(made.plaintext);
  }
}

/** Wraps a data key that there is already, as a fresh one would be wrapped now. The data key stays the caller's. */
export async function wrapDataKey(
  backend: PortableBackend,
  { keyId, aad }: DataKeyScope,
  dataKey: Uint8Array,
  random: Random,
  call: CallContext,
): Promise<DataKeyRecord> {
  if (backend.capabilities(keyId).aad !== 'none') {
    return recordOf(await backend.wrapKey({ keyId, plaintext: dataKey, aad }, call));
  }
  const inner = await backend.generateDataKey({ keyId, bytes: KEY_BYTES }, call);
  try {
    return { ...recordOf(inner.wrapped), sealed: sealDataKey(dataKey, inner.plaintext, aad, random) };
  } finally {
    zero(inner.plaintext);
  }
}

/**
 * The data key in clear, which the caller zeroes. The key is named by `scope`; of the record only labels get to the
 * backend, as labels.
 *
 * @throws KmsError of the backend; Error when what it opened is no data key
 */
export async function openDataKey(
  backend: PortableBackend,
  { keyId, aad }: DataKeyScope,
  { version, alg, blob, sealed }: DataKeyRecord,
  call: CallContext,
): Promise<Uint8Array> {
  const wrapped = { blob, alg, key: { keyId, ...(version !== undefined && { version }) } };
  const { plaintext } = await backend.unwrapKey({ keyId, wrapped, ...(!sealed && { aad }) }, call);
  if (plaintext.length !== KEY_BYTES) {
    zero(plaintext);
    throw new RangeError('The backend opened something that is not 32 bytes.');
  }
  if (!sealed) return plaintext;
  try {
    return open(plaintext, sealed.nonce, sealed.box, aad.bytes);
  } finally {
    zero(plaintext);
  }
}

const recordOf = ({ alg, blob, key: { version } }: WrappedKey): DataKeyRecord => ({
  ...(version !== undefined && { version }),
  alg,
  blob,
});

function sealDataKey(dataKey: Uint8Array, inner: Uint8Array, aad: BoundAad, random: Random): SealedDataKey {
  const nonce = random.bytes(NONCE_BYTES);
  return { nonce, box: seal(inner, nonce, dataKey, aad.bytes) };
}
