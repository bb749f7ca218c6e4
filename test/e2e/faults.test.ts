import { connect } from 'node:net';
import memory from 'kkp-plugin-memory';
import { Logger } from '@nestjs/common';
import { Kkp, KkpModule } from '../../src/index.js';
import { alteredPlugin } from '../support/altered-plugin.js';
import { PLATFORMS, schedule, startHost } from '../embedding/host.js';
import { expectProblem, GRANT, issueToken, post, seal, startServer } from '../support/server.js';

const CANARY = 'canary-5d02';
const aws = () => memory({ name: 'aws', emulates: 'aws' });

/** A backend that fails in a way that is not the contract's, and says what it must not. */
const indiscreet = () =>
  alteredPlugin(aws(), () => ({
    generateDataKey: () =>
      Promise.reject(new SyntaxError(`unexpected ${CANARY}`, { cause: new Error(CANARY) })),
  }));

describe('a backend that throws something foreign', () => {
  it('is an answer of 503 that the log explains without its words', async () => {
    const server = await startServer({ backends: [indiscreet()] });
    const answer = await post(server, '/envelope/encrypt', { backend: 'aws', key_id: 'k', plaintext: 'x' });
    expectProblem(answer, 503, 'kms_error');
    const line = server.logs.find(({ msg }) => msg === 'request failed');
    expect(line).toMatchObject({ level: 50, request_id: answer.headers.get('x-request-id') });
    expect(JSON.stringify(line)).toContain('SyntaxError');
    expect(JSON.stringify([server.logs, answer.body])).not.toContain(CANARY);
    await server.close();
  });

  it('says no more in the log of a host', async () => {
    const lines: unknown[] = [];
    const write = (...args: unknown[]) => lines.push(args);
    Logger.overrideLogger({ log: write, error: write, warn: write, debug: write });
    const module = KkpModule.forRoot({ backends: [indiscreet()] });
    const { app, url } = await startHost(PLATFORMS[0][1], [schedule(), module]);
    Logger.overrideLogger({ log: write, error: write, warn: write, debug: write });
    const body = JSON.stringify({ backend: 'aws', key_id: 'k', plaintext: 'x' });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${url}/envelope/encrypt`, { method: 'POST', headers, body })).status).toBe(503);
    await expect(app.get(Kkp).encrypt({ backend: 'aws', key_id: 'k', plaintext: 'x' })).rejects.toThrow();
    expect(JSON.stringify(lines)).toContain('SyntaxError');
    expect(JSON.stringify(lines)).not.toContain(CANARY);
    await app.close();
    Logger.overrideLogger(false);
  });
});

describe('a caller that goes', () => {
  it('takes its call to the key service along', async () => {
    let seen: (signal: AbortSignal) => void = () => undefined;
    const signal = new Promise<AbortSignal>((resolve) => (seen = resolve));
    const waiting = alteredPlugin(aws(), () => ({
      unwrapKey: (_request, call) => {
        seen(call.signal);
        return new Promise((_resolve, reject) => {
          call.signal.addEventListener('abort', () => reject(call.signal.reason as Error));
        });
      },
    }));
    const server = await startServer({ backends: [waiting] });
    const body = JSON.stringify({ token: await issueToken(server), envelope: await seal(server) });
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write(
      `POST /envelope/decrypt HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const call = await signal;
    expect(call.aborted).toBe(false);
    const aborted = new Promise((resolve) => call.addEventListener('abort', resolve));
    socket.destroy();
    await aborted;
    await server.close();
  });

  it('is not taken for gone while it waits for its answer', async () => {
    const slow = alteredPlugin(aws(), (backend) => ({
      unwrapKey: async (request, call) => {
        await new Promise((resolve) => setImmediate(resolve));
        call.signal.throwIfAborted();
        return backend.unwrapKey(request, call);
      },
    }));
    const server = await startServer({ backends: [slow] });
    const answer = await post(server, '/envelope/decrypt', {
      token: await issueToken(server),
      envelope: await seal(server),
    });
    expect(answer.status).toBe(200);
    await server.close();
  });
});

describe('a policy that denies', () => {
  it('leaves a line in the log with the action and the revision, and nothing of the request', async () => {
    const server = await startServer();
    await post(server, '/token', { ...GRANT, audience: '' });
    const line = server.logs.find(({ msg }) => msg === 'policy denied');
    expect(line).toMatchObject({ level: 30, action: 'issue_token', revision: expect.stringMatching(/\S/) });
    expect(JSON.stringify(line)).not.toContain(GRANT.subject);
    await server.close();
  });
});
