/** A process of key services: those of the kinds among its arguments, each behind a proxy of faults if it has a wire. */
import { SERVICES, type FaultyService } from '../../test/support/services/index.js';
import { startIdentity } from './identity.js';
import { startLocal } from './local.js';
import type { Ready, SetFault } from './messages.js';

type Service = Omit<FaultyService, 'proxy' | 'otherKey'> & Partial<FaultyService>;

/** Options of the kinds that get their tokens from the machine that they run on. */
const CREDENTIALS: Readonly<Record<string, { readonly credential: string }>> = {
  azure: { credential: 'managed-identity' },
  gcp: { credential: 'metadata' },
};
const STARTS: Readonly<Record<string, () => Promise<Service>>> = { ...SERVICES, local: startLocal };

const services = await Promise.all(process.argv.slice(2).map((kind) => STARTS[kind]!()));
const identity = await startIdentity();

process.on('message', ({ fault }: SetFault) => {
  for (const { proxy } of services) if (proxy) proxy.standing = fault;
  process.send?.('done');
});
process.once('SIGTERM', () => {
  process.disconnect();
  identity.stop();
  void Promise.all(services.map((service) => service.stop()));
});

const ready: Ready = {
  services: services.map(({ backend, keyId }) => ({
    backend: { ...backend, ...CREDENTIALS[backend.kind] },
    keyId,
  })),
  env: identity.env,
};
process.send?.(ready);
