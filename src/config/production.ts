import { pluginPackage, type BackendEntry } from '../backends/index.js';
import { inFile } from '../config-error.js';
import { anonymousFault, memoryFault } from '../production.js';
import { isJsonObject } from '../strict-json.js';

const MEMORY_PACKAGE = pluginPackage('memory');
const PLACES = { callers: '"callers"', allowAnonymous: 'KKP_ALLOW_ANONYMOUS=true' };

/** As much of the settings as the mode depends on. */
interface ModeSettings {
  readonly allowAnonymous?: boolean;
  readonly backends?: readonly BackendEntry[];
  readonly callers?: readonly unknown[];
  readonly publicUrl?: string;
}

/** What must not be in production, of what the settings say. */
export function productionFaults({ allowAnonymous, backends = [], callers = [] }: ModeSettings): string[] {
  const isOpen = callers.length === 0 && allowAnonymous !== true;
  return [
    ...(isOpen ? [anonymousFault(PLACES)] : []),
    ...backends.flatMap((entry, index) =>
      isInMemory(entry) ? [memoryFault(inFile(`backends[${index}]`))] : [],
    ),
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

const isInMemory = (entry: unknown): boolean =>
  isJsonObject(entry) && typeof entry.kind === 'string' && pluginPackage(entry.kind) === MEMORY_PACKAGE;
