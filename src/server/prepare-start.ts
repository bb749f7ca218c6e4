import type { KmsPlugin } from 'kkp-plugin-kit';
import { loadBackendPlugins } from '../backends/index.js';
import { loadAuthenticators, type Authenticator } from '../callers/index.js';
import { ConfigError, readSettings, type Settings } from '../config/index.js';
import { serverTls, type ServerTls } from './server-tls.js';

/** Everything that a start needs and that can be known without opening a backend or a port. */
interface StartPlan {
  readonly settings: Settings;
  readonly backends: readonly KmsPlugin[];
  readonly callers: readonly Authenticator[];
  /** Undefined for plain HTTP. */
  readonly tls: ServerTls | undefined;
}

/**
 * @throws ConfigError with the faults of all settings, of the options of all backends and authenticators, and of the
 * certificates at once
 */
export async function prepareStart(env: NodeJS.ProcessEnv): Promise<StartPlan> {
  const { values, faults } = readSettings(env);
  const found = [...faults];
  const collect = async <T>(load: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await load();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      found.push(...error.faults);
      return undefined;
    }
  };
  const backends = (await collect(() => loadBackendPlugins(values.backends ?? []))) ?? [];
  const callers = (await collect(() => loadAuthenticators(values.callers ?? []))) ?? [];
  const tls = await collect(() => serverTls(values));
  if (found.length > 0) throw new ConfigError(found);
  return { settings: values as Settings, backends, callers, tls };
}
