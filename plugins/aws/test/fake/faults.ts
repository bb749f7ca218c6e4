import type { ServerResponse } from 'node:http';
import type { STATUS } from './kms-failure.js';

/** What goes wrong with one request, instead of or after its answer. */
export type Fault =
  | { readonly kind: 'failure'; readonly type: keyof typeof STATUS; readonly message?: string }
  /** An answer that need not be in the language of KMS, such as a load balancer's. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'edit'; edit(answer: Record<string, unknown>): Record<string, unknown> }
  | { readonly kind: 'delay'; readonly ms: number }
  /** The connection breaks before the answer. */
  | { readonly kind: 'reset' }
  /** The connection breaks in the middle of the answer. */
  | { readonly kind: 'cut' }
  /** Half of the answer comes, with the headers of a whole one, and then nothing. */
  | { readonly kind: 'stall' }
  /** Half of the answer, and headers that say that it is whole. */
  | { readonly kind: 'half' }
  /** No answer at all. */
  | { readonly kind: 'hang' };

/** Sends the answer in the manner of the fault. */
export function send(response: ServerResponse, body: string, kind: Fault['kind'] | undefined): void {
  const half = body.slice(0, Math.floor(body.length / 2));
  if (kind === 'reset') response.destroy();
  else if (kind === 'half') response.end(half);
  else if (kind === 'stall' || kind === 'cut') {
    response.setHeader('content-length', body.length);
    response.write(half, () => kind === 'cut' && response.destroy());
  } else if (kind !== 'hang') response.end(body);
}
