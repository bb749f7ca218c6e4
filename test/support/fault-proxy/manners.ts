import { send, sendHead, type Exchange } from './exchange.js';
import type { Fault } from './fault.js';

type Manner<K> = (exchange: Exchange, fault: Extract<Fault, { readonly kind: K }>) => void | Promise<void>;

/** How each fault is done. Those that need no answer of the service do not ask it. */
const MANNERS: { readonly [K in Fault['kind']]: Manner<K> } = {
  none: async ({ response, forward }) => send(response, await forward()),
  latency: async ({ response, forward, pause }, { ms }) => {
    const reply = await forward();
    await pause(ms);
    send(response, reply);
  },
  reset: ({ response }) => void response.socket?.resetAndDestroy(),
  'half-close': ({ response }) => void response.socket?.end(),
  'black-hole': () => undefined,
  'slow-drip': async ({ response, forward, pause }, { everyMs }) => {
    const reply = await forward();
    sendHead(response, reply, reply.body.length);
    for (const byte of reply.body) {
      if (response.destroyed) return;
      response.write(Buffer.of(byte));
      await pause(everyMs);
    }
    response.end();
  },
  truncated: async ({ response, forward }) => {
    const reply = await forward();
    sendHead(response, reply, reply.body.length);
    response.write(half(reply.body), () => response.socket?.end());
  },
  'half-body': async ({ response, forward }) => {
    const reply = await forward();
    send(response, reply, half(reply.body));
  },
  refusal: ({ response }, { status, headers = {} }) => {
    const body = Buffer.from('Refused by the proxy.');
    send(response, { status, headers: { 'content-type': 'text/plain', ...headers }, body });
  },
  rewritten: async ({ response, forward }, { members }) => {
    const reply = await forward();
    const isSuccess = reply.status >= 200 && reply.status < 300;
    send(response, reply, isSuccess ? rewrite(reply.body, members) : reply.body);
  },
};

/** Answers one request as the fault has it. */
export async function answer(exchange: Exchange, fault: Fault): Promise<void> {
  // The table has for each kind the manner that takes it; the compiler cannot follow that through a union.
  await (MANNERS[fault.kind] as Manner<Fault['kind']>)(exchange, fault);
}

const half = (body: Buffer): Buffer => body.subarray(0, Math.floor(body.length / 2));

function rewrite(body: Buffer, members: Readonly<Record<string, unknown>>): Buffer {
  const root = JSON.parse(body.toString('utf8')) as unknown;
  for (const [path, value] of Object.entries(members)) {
    const names = path.split('.');
    const last = names.pop()!;
    const parent = names.reduce(memberOf, root);
    if (memberOf(parent, last) !== undefined) (parent as Record<string, unknown>)[last] = value;
  }
  return Buffer.from(JSON.stringify(root));
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
