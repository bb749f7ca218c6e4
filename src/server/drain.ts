import type { FastifyInstance } from 'fastify';

/** A request that was running when the server began to stop would leave its connection open, and the server waiting. */
export function closeConnectionsWhenDone(fastify: FastifyInstance): void {
  let closing = false;
  fastify.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) reply.header('Connection', 'close');
    done();
  });
}
