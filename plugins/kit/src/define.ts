import type { KmsPlugin } from './contract.js';
import { KmsPluginConfigError, OptionReader } from './options.js';

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const NAME_ALLOWED =
  'must be 1 to 63 of a-z, 0-9, dot, underscore and hyphen, starting with a letter or a digit';

/** Options that every backend has. */
export interface KmsPluginOptions {
  /** The instance's name in this installation: the token's `backend`. */
  readonly name: string;
}

/** What a plugin adds to the parts that `defineKmsPlugin` fills in. */
export type KmsPluginBody = Pick<KmsPlugin, 'create'>;

export interface KmsPluginDefinition<Config, Body extends KmsPluginBody> {
  /** The kind of service, for example `aws`. */
  readonly kind: string;
  /** Reads the plugin's own options (`name` is read already). No I/O. */
  parseConfig(read: OptionReader): Config;
  /** Runs only when the options are faultless. No I/O: that belongs into `KmsBackend.open`. */
  plugin(config: Config, name: string): Body;
}

/** What a plugin package exports as its default. Options are checked when it is called, before any I/O. */
export interface KmsPluginFactory<
  Options = Readonly<Record<string, unknown>>,
  Plugin extends KmsPlugin = KmsPlugin,
> {
  /** @throws KmsPluginConfigError that lists every faulty option and what is allowed. */
  (options: Options): Plugin;
  readonly apiVersion: 1;
  readonly kind: string;
}

/**
 * Makes the factory of a plugin from its three parts.
 *
 * @example
 * const vault: KmsPluginFactory<VaultOptions> = defineKmsPlugin({
 *   kind: 'vault',
 *   parseConfig: (read) => ({ address: read.string('address', 'must be an https URL', isHttpsUrl) }),
 *   plugin: (config) => ({ create: (host) => new VaultBackend(config, host) }),
 * });
 */
export function defineKmsPlugin<Options extends KmsPluginOptions, Config, Body extends KmsPluginBody>(
  definition: KmsPluginDefinition<Config, Body>,
): KmsPluginFactory<Options, KmsPlugin & Body> {
  const { kind } = definition;
  if (!NAME.test(kind)) throw new TypeError(`The kind of a plugin ${NAME_ALLOWED}.`);
  const factory = (options: Options): KmsPlugin & Body => {
    const read = new OptionReader(options);
    const name = read.string('name', NAME_ALLOWED, (value) => NAME.test(value));
    const config = definition.parseConfig(read);
    const faults = read.faults();
    if (faults.length > 0) throw new KmsPluginConfigError(kind, faults);
    return Object.freeze({ ...definition.plugin(config, name), apiVersion: 1, kind, name });
  };
  return Object.freeze(Object.assign(factory, { apiVersion: 1, kind } as const));
}

/** Whether a module's default export is a plugin's factory. It checks its own options, so any may be handed in. */
export function isKmsPluginFactory(value: unknown): value is KmsPluginFactory {
  return (
    typeof value === 'function' &&
    'apiVersion' in value &&
    value.apiVersion === 1 &&
    'kind' in value &&
    typeof value.kind === 'string'
  );
}
