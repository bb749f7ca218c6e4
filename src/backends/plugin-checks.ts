import type { KmsBackend, KmsPlugin } from 'kkp-plugin-kit';

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
/** What a name has, for the texts of faults. */
export const NAME_ALLOWED = '1 to 63 of a-z, 0-9, ".", "_" and "-", starting with a letter or digit';
const METHODS = ['capabilities', 'open', 'wrapKey', 'unwrapKey', 'describeKey', 'health', 'close'] as const;

export const isBackendName = (name: unknown): name is string => typeof name === 'string' && NAME.test(name);

/**
 * Checks what can be known of plugins before any of them runs.
 *
 * @throws Error that says which plugin is wrong and what is allowed
 */
export function checkPlugins(plugins: readonly KmsPlugin[]): void {
  if (plugins.length === 0) throw new Error('No backends are configured: at least one is needed.');
  const names = new Set<string>();
  for (const { apiVersion, kind, name } of plugins) {
    const label = `Backend "${name}" (kind "${kind}")`;
    if (!isBackendName(name)) throw new Error(`${label}: a name has ${NAME_ALLOWED}.`);
    if ((apiVersion as number) !== 1) {
      throw new Error(
        `${label}: it was built for plugin API ${String(apiVersion)}; this version of KKP takes API 1.`,
      );
    }
    if (names.has(name)) throw new Error(`${label}: the name is taken; every backend needs its own.`);
    names.add(name);
  }
}

/** @throws Error that names the methods that a created backend lacks */
export function checkMethods(backend: KmsBackend): KmsBackend {
  const missing = METHODS.filter((method) => typeof backend[method] !== 'function');
  if (missing.length > 0) throw new Error(`it lacks ${missing.join(', ')}`);
  return backend;
}
