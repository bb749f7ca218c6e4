import type { KmsPluginOptions, OptionReader } from 'kkp-plugin-kit';
import { EMULATIONS, type Emulation, type Provider } from './emulations/index.js';

export interface MemoryOptions extends KmsPluginOptions {
  /** The provider to behave like. Default `aws`. */
  readonly emulates?: Provider;
  /** Makes the keys the same at each start. Whoever knows it has every key: for development and tests only. */
  readonly seed?: string;
  /** Whether wrapping with an unknown key creates it. Default true. */
  readonly createKeys?: boolean;
  /** Keys that exist from the start, in any form of id that the provider takes. */
  readonly keys?: readonly string[];
}

export interface MemoryConfig {
  readonly emulation: Emulation;
  readonly seed: string | undefined;
  readonly createKeys: boolean;
  /** Canonical ids. */
  readonly keys: readonly string[];
}

/** The most keys that one service holds: first use creates, and callers choose the names. */
export const MAX_KEYS = 10_000;

export function parseConfig(read: OptionReader): MemoryConfig {
  const emulation = EMULATIONS[read.oneOf('emulates', ['aws', 'gcp', 'azure'], 'aws')];
  return {
    emulation,
    seed: read.optionalString('seed', 'must be a text of 1 to 1024 characters', isSeed),
    createKeys: read.boolean('createKeys', true),
    keys: parseKeys(read, emulation),
  };
}

function parseKeys(read: OptionReader, emulation: Emulation): readonly string[] {
  const refs = read.strings('keys');
  if (refs.length > MAX_KEYS) read.fault('keys', `must be at most ${MAX_KEYS} key ids`);
  return refs.flatMap((ref, index) => {
    const pin = emulation.readKeyId(ref);
    if (pin && pin.version === undefined) return pin.keyId;
    read.fault(`keys[${index}]`, 'must be a key id of the provider, without a version, or a plain name');
    return [];
  });
}

function isSeed(text: string): boolean {
  return text.length >= 1 && text.length <= 1024;
}
