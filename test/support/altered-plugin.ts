import type { KmsBackend, KmsPlugin } from 'kkp-plugin-kit';

/** The plugin, with some members of its backends replaced. */
export const alteredPlugin = (
  plugin: KmsPlugin,
  alter: (backend: KmsBackend) => Partial<KmsBackend>,
): KmsPlugin => ({
  ...plugin,
  create: (host) => {
    const backend = plugin.create(host);
    const altered = alter(backend);
    return new Proxy(backend, {
      get: (target, member) => {
        const value: unknown = Reflect.get(member in altered ? altered : target, member);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  },
});
