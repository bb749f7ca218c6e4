import { startAws } from './aws.js';
import { startAzure } from './azure.js';
import { startGcp } from './gcp.js';
import type { StartService } from './service.js';
import { startVault } from './vault.js';

export type { FaultyService } from './service.js';

/** Every service that its plugin reaches over HTTP, by the kind of the backend. */
export const SERVICES = {
  aws: startAws,
  azure: startAzure,
  gcp: startGcp,
  vault: startVault,
} as const satisfies Record<string, StartService>;

export type ServiceKind = keyof typeof SERVICES;
export const SERVICE_KINDS = Object.keys(SERVICES) as readonly ServiceKind[];
