import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { openRaw, rawRequest, splitAnswers } from '../raw-http.js';
import { FaultProxy, type Fault } from './index.js';

const BODY = JSON.stringify({ key: 'orders', data: { crc: '17', text: 'naïve' } });
const BYTES = Buffer.byteLength(BODY);
/** Longer than a test may take: what waits for it never comes. */
const NEVER_MS = 3_600_000;

/** A service that says what it was asked, and how often. */
const seen: { method?: string; url?: string; headers: IncomingMessage['headers']; body: string }[] = [];
const left: Promise<unknown>[] = [];
const service = createServer((request, response) => {
  left.push(once(response, 'close'));
  void text(request).then((body) => {
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers, body });
    if (url === '/hang') return;
    response.writeHead(url === '/missing' ? 404 : 200, { 'content-type': 'application/json', 'x-id': '9' });
    response.end(BODY);
  });
});

let proxy: FaultProxy;
beforeAll(async () => {
  await once(service.listen(0, '127.0.0.1'), 'listening');
});
beforeEach(async () => {
  seen.length = 0;
  proxy = await FaultProxy.start(serviceUrl());
});
afterEach(() => proxy.stop());
afterAll(() => {
  service.close();
  service.closeAllConnections();
});

const serviceUrl = () => `http://127.0.0.1:${(service.address() as AddressInfo).port}`;

/** A client's connection with its first request sent. */
function ask(path = '/v1/keys', method = 'GET', body?: object) {
  const connection = openRaw(proxy.url);
  connection.socket.write(rawRequest(method, path, body));
  return connection;
}

/** The answer to a request on a connection of its own. */
async function answerTo(path = '/v1/keys') {
  const connection = ask(path);
  const [answer] = splitAnswers(await connection.answered());
  connection.socket.destroy();
  return answer!;
}

describe('without a fault', () => {
  it('hands the request on as it is, and the answer back', async () => {
    const connection = ask('/v1/keys?a=1', 'POST', { name: 'naïve' });
    const [answer] = splitAnswers(await connection.answered());
    expect(seen).toMatchObject([{ method: 'POST', url: '/v1/keys?a=1', body: '{"name":"naïve"}' }]);
    expect(seen[0]!.headers).toMatchObject({ host: 'x', 'content-type': 'application/json' });
    expect(answer).toMatchObject({ status: 200, body: BODY });
    expect(answer!.head).toMatch(/^x-id: 9$/im);
    connection.socket.destroy();
  });

  it('keeps a connection for further requests, and counts them', async () => {
    const connection = ask('/missing');
    await connection.answered();
    connection.socket.write(rawRequest('GET', '/v1/keys'));
    const answers = splitAnswers(await connection.answered(2));
    expect(answers.map(({ status }) => status)).toEqual([404, 200]);
    expect(proxy.requests).toBe(2);
    connection.socket.destroy();
  });

  it('ends its request to the service when the client goes', async () => {
    const connection = ask('/hang');
    while (seen.length === 0) await new Promise(setImmediate);
    connection.socket.destroy();
    await left.at(-1);
  });

  it('breaks the connection when the service cannot be reached', async () => {
    const lost = await FaultProxy.start('http://127.0.0.1:1');
    const connection = openRaw(lost.url);
    connection.socket.write(rawRequest('GET', '/'));
    await expect(connection.closed).resolves.toBe('');
    await lost.stop();
  });
});

describe('a fault', () => {
  it.each<Fault>([
    { kind: 'reset' },
    { kind: 'half-close' },
    { kind: 'black-hole' },
    { kind: 'refusal', status: 503 },
  ])('of kind $kind keeps the request from the service', async (fault) => {
    proxy.next(fault);
    const connection = ask();
    connection.closed.catch(() => undefined);
    while (proxy.requests === 0) await new Promise(setImmediate);
    // What had been handed on would have reached the service before this.
    expect((await answerTo('/later')).status).toBe(200);
    expect(seen.map(({ url }) => url)).toEqual(['/later']);
    connection.socket.destroy();
  });

  it('is met by as many requests as it was given for, in order', async () => {
    proxy.next({ kind: 'refusal', status: 500 }, { kind: 'refusal', status: 502 });
    const statuses = [(await answerTo()).status, (await answerTo()).status, (await answerTo()).status];
    expect(statuses).toEqual([500, 502, 200]);
  });

  it('stands until it is lifted, and one request more may have another', async () => {
    proxy.standing = { kind: 'refusal', status: 500 };
    proxy.next({ kind: 'none' });
    const statuses = [(await answerTo()).status, (await answerTo()).status, (await answerTo()).status];
    expect(statuses).toEqual([200, 500, 500]);
    proxy.next({ kind: 'reset' });
    proxy.lift();
    expect((await answerTo()).status).toBe(200);
  });
});

describe('latency', () => {
  it('holds a right answer back as long as it says', async () => {
    proxy.next({ kind: 'latency', ms: 40 });
    const started = performance.now();
    expect(await answerTo()).toMatchObject({ status: 200, body: BODY });
    // Timers count whole milliseconds, and may be one early by this clock.
    expect(performance.now() - started).toBeGreaterThanOrEqual(39);
  });

  it('holds nothing else up', async () => {
    proxy.next({ kind: 'latency', ms: NEVER_MS });
    const late = ask('/late');
    while (seen.length === 0) await new Promise(setImmediate);
    expect((await answerTo()).status).toBe(200);
    expect(late.socket.bytesRead).toBe(0);
    late.socket.destroy();
  });
});

describe('reset', () => {
  it('ends the connection with a TCP reset and no answer', async () => {
    proxy.next({ kind: 'reset' });
    const connection = ask();
    await expect(connection.closed).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(connection.socket.bytesRead).toBe(0);
  });
});

describe('half-close', () => {
  it('ends the answering half without an answer, and leaves the other half open', async () => {
    proxy.next({ kind: 'half-close' });
    const { hostname: host, port } = new URL(proxy.url);
    const socket = connect({ host, port: Number(port), allowHalfOpen: true });
    socket.resume().write(rawRequest('GET', '/v1/keys'));
    await once(socket, 'end');
    expect(socket.bytesRead).toBe(0);
    const write = () =>
      new Promise<void>((resolve, reject) => {
        socket.write(' ', (error) => (error ? reject(error) : resolve()));
      });
    await write();
    // A reset in answer to the byte would be here before this answer, and would fail the next.
    await answerTo();
    await write();
    socket.destroy();
  });
});

describe('black hole', () => {
  it('takes the request and answers nothing, also after the fault is lifted', async () => {
    proxy.standing = { kind: 'black-hole' };
    const connection = ask();
    await connection.connected;
    while (proxy.requests === 0) await new Promise(setImmediate);
    proxy.lift();
    expect((await answerTo()).status).toBe(200);
    expect(connection.socket.bytesRead).toBe(0);
    expect(connection.socket.readableEnded).toBe(false);
    connection.socket.destroy();
  });
});

describe('slow drip', () => {
  it('sends the head and one byte, and the next only after the pause', async () => {
    proxy.next({ kind: 'slow-drip', everyMs: NEVER_MS });
    const connection = ask();
    let text = '';
    while (!text.includes('\r\n\r\n{')) {
      const [chunk] = (await once(connection.socket, 'data')) as [string];
      text += chunk;
    }
    expect((await answerTo()).status).toBe(200);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 200 OK\r\n[^]*content-length: ${BYTES}\r\n`));
    expect(text.split('\r\n\r\n')[1]).toBe('{');
    connection.socket.destroy();
  });

  it('comes to the end of a right answer for who waits', async () => {
    proxy.next({ kind: 'slow-drip', everyMs: 1 });
    expect(await answerTo()).toMatchObject({ status: 200, body: BODY });
  });
});

describe('truncated', () => {
  it('promises the whole body, sends half of it and ends', async () => {
    proxy.next({ kind: 'truncated' });
    const [head, body] = (await ask().closed).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^content-length: ${BYTES}$`, 'im'));
    expect(BODY.startsWith(body!)).toBe(true);
    expect(Buffer.byteLength(body!)).toBe(Math.floor(BYTES / 2));
  });
});

describe('half body', () => {
  it('says that half of the body is the whole, and keeps the connection', async () => {
    proxy.next({ kind: 'half-body' });
    const { status, head, body } = await answerTo();
    expect(status).toBe(200);
    expect(head).toMatch(new RegExp(`^content-length: ${Math.floor(BYTES / 2)}$`, 'im'));
    expect(BODY.startsWith(body)).toBe(true);
    expect(head).not.toMatch(/^connection: close$/im);
  });
});

describe('refusal', () => {
  it.each([
    [429, { 'retry-after': '7' }],
    [503, { 'retry-after': '2' }],
    [500, {}],
  ])('answers %i in place of the service, with its headers', async (status, headers) => {
    proxy.next({ kind: 'refusal', status, headers });
    const answer = await answerTo();
    expect(answer.status).toBe(status);
    const told = /^retry-after: (.*)$/im.exec(answer.head)?.[1];
    expect(told).toBe('retry-after' in headers ? headers['retry-after'] : undefined);
  });
});

describe('rewritten', () => {
  const fault = (members: Record<string, unknown>): Fault => ({ kind: 'rewritten', members });

  it('gives members that are there other values, at any depth, and leaves the rest', async () => {
    proxy.next(fault({ key: 'other', 'data.crc': '18' }));
    const { body, head } = await answerTo();
    expect(JSON.parse(body)).toEqual({ key: 'other', data: { crc: '18', text: 'naïve' } });
    expect(head).toMatch(new RegExp(`^content-length: ${Buffer.byteLength(body)}$`, 'im'));
  });

  it('adds no member, also not below one that is none', async () => {
    proxy.next(fault({ absent: 1, 'data.absent': 1, 'absent.crc': 1, 'key.crc': 1 }));
    expect((await answerTo()).body).toBe(BODY);
  });

  it('leaves an answer that is no success', async () => {
    proxy.next(fault({ key: 'other' }));
    expect(await answerTo('/missing')).toMatchObject({ status: 404, body: BODY });
  });
});

describe('stop', () => {
  it.each<Fault>([
    { kind: 'none' },
    { kind: 'black-hole' },
    { kind: 'latency', ms: NEVER_MS },
    { kind: 'slow-drip', everyMs: NEVER_MS },
    { kind: 'half-close' },
  ])('closes what a fault of kind $kind left open, and takes no more', async (fault) => {
    const stopped = await FaultProxy.start(serviceUrl());
    stopped.next(fault);
    const connection = openRaw(stopped.url);
    connection.socket.write(rawRequest('GET', '/'));
    const closed = connection.closed.catch(String);
    while (stopped.requests === 0) await new Promise(setImmediate);
    const { url } = stopped;
    await stopped.stop();
    expect(await closed).not.toMatch(/did not close/);
    await expect(openRaw(url).closed).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
