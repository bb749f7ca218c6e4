import type { KeyObject } from 'node:crypto';
import { refuse } from './errors.js';

export interface KeyVersion {
  /** Counted from 1. */
  readonly version: number;
  /** Unix time in milliseconds. */
  readonly createdAt: number;
  /** 32 bytes. */
  readonly material: KeyObject;
}

/** All that is known of a key. A value: changes make a new one. */
export interface Key {
  readonly state: 'enabled' | 'disabled' | 'destroyed';
  /** The version that wraps. Numbers are never used again. */
  readonly latest: number;
  /** Blobs of older versions are not opened. */
  readonly minVersion: number;
  /** Those whose material is there, in ascending order. */
  readonly versions: readonly KeyVersion[];
}

export type Change = (key: Key) => Key;

export const MAX_VERSIONS = 1000;

export function newKey(first: Omit<KeyVersion, 'version'>): Key {
  return { state: 'enabled', latest: 1, minVersion: 1, versions: [{ ...first, version: 1 }] };
}

/** The new version wraps from now on; the old ones go on opening. A disabled key stays so. */
export const rotated =
  (next: Omit<KeyVersion, 'version'>): Change =>
  (key) => {
    refuseDestroyed(key);
    if (key.versions.length >= MAX_VERSIONS) throw refuse('too-many-versions');
    const version = key.latest + 1;
    return { ...key, latest: version, versions: [...key.versions, { ...next, version }] };
  };

export const withState =
  (state: 'enabled' | 'disabled'): Change =>
  (key) => {
    refuseDestroyed(key);
    return { ...key, state };
  };

export const withMinVersion =
  (minVersion: number): Change =>
  (key) => {
    refuseDestroyed(key);
    if (!Number.isInteger(minVersion) || minVersion < 1 || minVersion > key.latest) {
      throw refuse('version-out-of-range');
    }
    return { ...key, minVersion };
  };

/** Forgets the material of one old version. */
export const withoutVersion =
  (version: number): Change =>
  (key) => {
    refuseDestroyed(key);
    if (version === key.latest) throw refuse('version-in-use');
    const versions = key.versions.filter((kept) => kept.version !== version);
    if (versions.length === key.versions.length) throw refuse('no-such-version');
    return { ...key, versions };
  };

/** Forgets all material; the name stays taken. Once more does no harm. */
export const destroyed: Change = (key) => ({ ...key, state: 'destroyed', versions: [] });

function refuseDestroyed({ state }: Key): void {
  if (state === 'destroyed') throw refuse('key-destroyed');
}
