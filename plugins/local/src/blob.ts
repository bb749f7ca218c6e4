import type { KeyObject } from 'node:crypto';
import type { Host } from 'kkp-plugin-kit';
import { BOX_BYTES, openBox, sealBox, type Binding } from './box.js';

/* A blob: format (1 byte), version of the key (4, big-endian), box. Format, version and key id are bound to the box. */
const FORMAT = 1;
const HEAD_BYTES = 1 + 4;

/** Which key made the blob, and for what. Without AAD is not the same as with AAD of no bytes. */
interface Place {
  readonly keyId: string;
  /** Counted from 1. */
  readonly version: number;
  readonly aad: Uint8Array | undefined;
}

export function sealBlob(
  key: KeyObject,
  plaintext: Uint8Array,
  place: Place,
  random: Host['random'],
): Uint8Array {
  const box = sealBox(key, plaintext, bindingOf(place), random);
  return Uint8Array.from(Buffer.concat([headOf(place), box]));
}

/** The version that the blob names, not authenticated; undefined when it is no blob at all. */
export function versionOf(blob: Uint8Array): number | undefined {
  if (blob.length < HEAD_BYTES + BOX_BYTES || blob[0] !== FORMAT) return undefined;
  return Buffer.from(blob.buffer, blob.byteOffset, HEAD_BYTES).readUInt32BE(1);
}

/** A fresh copy of the plaintext, or undefined when the blob does not open. */
export function openBlob(key: KeyObject, blob: Uint8Array, place: Place): Uint8Array | undefined {
  return openBox(key, blob.subarray(HEAD_BYTES), bindingOf(place));
}

function bindingOf(place: Place): Binding {
  const { keyId, aad } = place;
  return { purpose: 'blob', parts: [headOf(place), keyId, ...(aad ? [aad] : [])] };
}

function headOf({ version }: Place): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(FORMAT);
  head.writeUInt32BE(version, 1);
  return head;
}
