import type { KmsPlugin } from 'kkp-plugin-kit';
import { loadBackendPlugins } from '../backends/index.js';
import { ConfigError, readSettings, type Settings } from '../config/index.js';

/** Everything that a start needs and that can be known without opening a backend or a port. */
export interface StartPlan {
  readonly settings: Settings;
  readonly backends: readonly KmsPlugin[];
}

/** @throws ConfigError with the faults of all settings and of the options of all backends at once */
export async function prepareStart(env: NodeJS.ProcessEnv): Promise<StartPlan> {
  const { values, faults } = readSettings(env);
  const found = [...faults];
  let backends: readonly KmsPlugin[] = [];
  try {
    if (values.backends) backends = await loadBackendPlugins(values.backends);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    found.push(...error.faults);
  }
  if (found.length > 0) throw new ConfigError(found);
  return { settings: values as Settings, backends };
}
