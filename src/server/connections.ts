import { Server as HttpServer } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';

/**
 * The open connections of the server, and how they end. A client that keeps its connection has to be told before it is
 * closed: what it sends in the meantime would be lost.
 */
@Injectable()
export class Connections implements BeforeApplicationShutdown {
  readonly #open = new Set<Socket>();
  #server: HttpServer | undefined;
  #ending = false;

  watch(server: HttpServer): void {
    this.#server = server;
    // Over TLS a connection has two sockets: the one that is read from counts what was decrypted.
    for (const event of ['connection', 'secureConnection']) {
      server.on(event, (socket: Socket) => {
        this.#open.add(socket);
        socket.once('close', () => this.#open.delete(socket));
      });
    }
    // Ahead of Fastify, whose hooks do not see what it refuses itself.
    server.prependListener('request', (_request, response) => {
      if (this.#ending) response.shouldKeepAlive = false;
    });
  }

  /** Says with each answer that it is the last one on its connection, once that is so. */
  announce(fastify: FastifyInstance): void {
    fastify.addHook('onSend', (_request, reply, _payload, done) => {
      if (this.#ending) reply.header('Connection', 'close');
      done();
    });
  }

  /** From here on each answer is the last one on its connection. Requests are still served. */
  beginToEnd(): void {
    this.#ending = true;
  }

  /**
   * Takes no new connection, closes those on which no request has begun, and waits for the others: requests that are
   * running, and those still arriving, which have the time that they always have.
   */
  async beforeApplicationShutdown(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.beginToEnd();
    // The close() of http stops the clock that ends slow requests, so only the one below it is called as yet.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
    // An answer whose head was out before could not say that it is the last one.
    server.keepAliveTimeout = 1;
    // What has reached this machine is a request that has begun: two turns of the loop read it.
    await setImmediate();
    await setImmediate();
    server.closeIdleConnections();
    for (const socket of this.#open) if (socket.bytesRead === 0) socket.destroy();
    await closed;
  }
}
