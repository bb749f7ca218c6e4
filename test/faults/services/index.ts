import { startAws } from './aws.js';
import { startAzure } from './azure.js';
import type { StartService } from './service.js';
import { startVault } from './vault.js';

export type { FaultyService, StartService } from './service.js';

/** Every plugin that goes to its service over HTTP, by kind. */
export const SERVICES: Readonly<Record<'aws' | 'azure' | 'vault', StartService>> = {
  aws: startAws,
  azure: startAzure,
  vault: startVault,
};
