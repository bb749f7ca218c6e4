import { refuse } from './errors.js';
import type { Derivation } from './root.js';

/** What a store says of itself, in clear but for the sealed key. Wrong values only keep the store shut. */
interface StoreHeader {
  readonly root: Derivation;
  /** The key of the store in a box under the root. */
  readonly sealed: Uint8Array;
}

const FORMAT = 1;

export function writeHeader({ root, sealed }: StoreHeader): Uint8Array {
  const json = { format: FORMAT, root, sealed: Buffer.from(sealed).toString('base64url') };
  return Buffer.from(`${JSON.stringify(json)}\n`);
}

/** @throws KmsError `store-damaged` */
export function readHeader(bytes: Uint8Array): StoreHeader {
  const { format, root, sealed } = parse(bytes);
  if (format !== FORMAT || typeof sealed !== 'string' || !isDerivation(root)) {
    throw refuse('store-damaged');
  }
  return { root, sealed: Buffer.from(sealed, 'base64url') };
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    return isObject(value) ? value : {};
  } catch {
    throw refuse('store-damaged');
  }
}

/** The numbers are checked where they are used. */
function isDerivation(value: unknown): value is Derivation {
  if (!isObject(value)) return false;
  return value.kind === 'key' || (value.kind === 'passphrase' && typeof value.salt === 'string');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
