import { randomBytes } from 'node:crypto';
import type { Harness } from 'kkp-plugin-kit/testkit';
import { ReferenceBackend, type Flavour } from './reference-backend.js';
import { ReferenceService } from './reference-service.js';

/** Changes one connection for the worse. */
export type Break = (backend: ReferenceBackend) => void;

/** A fresh service with two keys, and connections that `spoil` has been at. */
export function referenceHarness(flavour: Flavour, spoil: Break = () => undefined): Harness {
  const service = new ReferenceService(randomBytes);
  return {
    connect(host) {
      const backend = new ReferenceBackend(service, host, flavour);
      spoil(backend);
      return backend;
    },
    keyId: service.createKey('one'),
    otherKeyId: service.createKey('two'),
    unknownKeyId: 'absent',
    admin: service,
    promptMs: 250,
  };
}
