import { stringify } from 'yaml';
import { ConfigError, printableSettings } from '../config/index.js';
import { prepareStart } from '../server/index.js';

/** `kkp check-config`: exit code 0 and the effective configuration as YAML, or 1 and every fault. */
export async function checkConfig(process: NodeJS.Process): Promise<void> {
  try {
    const { settings } = await prepareStart(process.env);
    process.stdout.write(stringify(printableSettings(settings)));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`kkp: ${error.message}\n`);
    process.exitCode = 1;
  }
}
