/** A process of key services at the wire: those of the kinds among its arguments, each behind a proxy of faults. */
import { SERVICES, type ServiceKind } from '../../test/support/services/index.js';
import { startIdentity } from './identity.js';
import type { Ready, SetFault } from './messages.js';

const kinds = process.argv.slice(2) as ServiceKind[];
const services = await Promise.all(kinds.map((kind) => SERVICES[kind]()));
const identity = await startIdentity();

process.on('message', ({ fault }: SetFault) => {
  for (const { proxy } of services) proxy.standing = fault;
  process.send?.('done');
});
process.once('SIGTERM', () => {
  process.disconnect();
  identity.stop();
  void Promise.all(services.map((service) => service.stop()));
});

const ready: Ready = {
  services: services.map(({ backend, keyId }) => ({
    backend: backend.kind === 'azure' ? { ...backend, credential: 'managed-identity' } : backend,
    keyId,
  })),
  env: identity.env,
};
process.send?.(ready);
