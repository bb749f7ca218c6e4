import type { CallerRequest } from '../../../src/callers/index.js';
import type { Clock } from '../../../src/clock.js';
import { MemoryProofStore, Possession } from '../../../src/possession/index.js';
import { NOW } from '../tokens/fixtures.js';

export const URL_HERE = 'https://kkp.example/envelope/decrypt';

/** A request with the DPoP headers, as Node shows it. */
export const requestWith = (proofs: readonly string[], more: Partial<CallerRequest> = {}): CallerRequest => ({
  method: 'POST',
  url: '/envelope/decrypt',
  headers: { host: 'kkp.example', ...(proofs.length > 0 && { dpop: proofs.join(', ') }) },
  rawHeaders: ['Host', 'kkp.example', ...proofs.flatMap((proof) => ['DPoP', proof])],
  remoteAddress: '192.0.2.1',
  secure: true,
  ...more,
});

/** Of a process that is an hour old. */
export class HandClock implements Clock {
  readonly begun: number = (NOW - 3600) * 1000;
  constructor(public seconds = NOW) {}
  now = (): number => this.seconds * 1000;
}

export function startPossession({ capacity = 1000, publicUrl = undefined as string | undefined } = {}) {
  const clock = new HandClock();
  const store = new MemoryProofStore(capacity, clock);
  const possession = new Possession(publicUrl, store, clock);
  return { clock, store, possession };
}
