import type { Limit } from '../limits.js';
import { wholeNumber, type ValueKind } from './value-kinds.js';

export interface Setting<T> {
  /** Name in the environment, where it has one. */
  readonly env?: string;
  /** Path in the configuration file. */
  readonly file: string;
  readonly kind: ValueKind<T>;
  /** As it would be written in the environment or the file; undefined means the setting may stay unset. */
  readonly fallback?: unknown;
  /** One sentence for the README. */
  readonly doc: string;
}

export const setting = <T>(definition: Setting<T>): Setting<T> => definition;

/** A setting of something that embedders can set as well: bounds and default are in the one table of both. */
export const bounded = ({ min, max, unit, fallback }: Limit, file: string, doc: string): Setting<number> => ({
  file,
  kind: wholeNumber(min, max, unit),
  fallback,
  doc,
});
