import type { KmsPlugin } from 'kkp-plugin-kit';
import { loadBackendPlugins } from '../backends/index.js';
import { loadAuthenticators, type Authenticator } from '../callers/index.js';
import { ConfigError, readSettings, type Settings } from '../config/index.js';

/** Everything that a start needs and that can be known without opening a backend or a port. */
export interface StartPlan {
  readonly settings: Settings;
  readonly backends: readonly KmsPlugin[];
  readonly callers: readonly Authenticator[];
}

/** @throws ConfigError with the faults of all settings and of the options of all backends and authenticators at once */
export async function prepareStart(env: NodeJS.ProcessEnv): Promise<StartPlan> {
  const { values, faults } = readSettings(env);
  const found = [...faults];
  const collect = <T>(loading: Promise<T[]>): Promise<T[]> =>
    loading.catch((error: unknown) => {
      if (!(error instanceof ConfigError)) throw error;
      found.push(...error.faults);
      return [];
    });
  const backends = await collect(loadBackendPlugins(values.backends ?? []));
  const callers = await collect(loadAuthenticators(values.callers ?? []));
  if (found.length > 0) throw new ConfigError(found);
  return { settings: values as Settings, backends, callers };
}
