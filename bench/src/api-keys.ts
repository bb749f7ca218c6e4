import { makeKey } from '../../dist/callers/api-key/key-text.js';
import { systemRandom } from '../../dist/random.js';

/** A caller with an API key: what the configuration has of it, and what it sends. */
export interface ApiKeyCaller {
  readonly entry: object;
  readonly headers: Readonly<Record<string, string>>;
}

export function apiKeyCaller(name: string, scopes: readonly string[] = []): ApiKeyCaller {
  const { key, id, hash } = makeKey(systemRandom);
  return { entry: { id, name, hash, scopes }, headers: { 'x-api-key': key } };
}
