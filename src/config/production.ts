import { pluginPackage, type BackendEntry } from '../backends/index.js';
import { inFile } from '../config-error.js';
import { isJsonObject } from '../strict-json.js';

/** The variable by which Node's world tells production from everything else. */
const MODE_VARIABLE = 'NODE_ENV';
const MEMORY_PACKAGE = pluginPackage('memory');

/** A spelling that somebody meant as production counts as production. */
export const isProduction = (env: Readonly<Record<string, string | undefined>>): boolean =>
  env[MODE_VARIABLE]?.trim().toLowerCase() === 'production';

/** As much of the settings as the mode depends on. */
interface ModeSettings {
  readonly allowAnonymous?: boolean;
  readonly backends?: readonly BackendEntry[];
  readonly callers?: readonly unknown[];
  readonly publicUrl?: string;
}

/** What must not be in production: callers whom nobody asked who they are, and keys that end with the process. */
export function productionFaults({ allowAnonymous, backends = [], callers = [] }: ModeSettings): string[] {
  const faults = backends.flatMap((entry, index) => memoryFault(entry, index));
  if (callers.length > 0 || allowAnonymous === true) return faults;
  return [
    `${MODE_VARIABLE} is production, and no authenticator is configured: whoever reaches the address could mint tokens, ` +
      `encrypt and rotate keys. Configure one under "callers", or say KKP_ALLOW_ANONYMOUS=true if something in front of ` +
      'KKP authenticates every request.',
    ...faults,
  ];
}

/** What is no fault in production, and of which an operator should know at every start. */
export function productionWarnings({ publicUrl }: ModeSettings): string[] {
  if (publicUrl !== undefined) return [];
  return [
    'public_url is not set: the URL of a DPoP proof is compared with what the connection and the Host header say. Behind a ' +
      'proxy good proofs are then refused, and whoever can choose the Host header can use a proof that was meant for ' +
      'another server. Set public_url to where clients see KKP.',
  ];
}

function memoryFault(entry: unknown, index: number): string[] {
  if (!isJsonObject(entry) || typeof entry.kind !== 'string') return [];
  if (pluginPackage(entry.kind) !== MEMORY_PACKAGE) return [];
  return [
    `${inFile(`backends[${index}]`)}: ${MODE_VARIABLE} is production, and this backend keeps its keys in memory: what is ` +
      'encrypted today cannot be decrypted after a restart. Configure a key service under "backends", or kind "local" for ' +
      'keys in a file.',
  ];
}
