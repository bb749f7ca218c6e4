import { type AddressInfo, createServer } from 'node:net';
import {
  KkpAbortError,
  KkpClient,
  KkpConnectionError,
  KkpProtocolError,
  KkpTimeoutError,
} from '../src/index.js';
import { caught } from './support/caught.js';
import { type TestServer, json, startServer } from './support/server.js';

const REQUEST = { backend: 'aws', key_id: 'k', plaintext: 'SECRET-TEXT' };

let server: TestServer;
let client: KkpClient;

beforeEach(async () => {
  server = await startServer();
  client = new KkpClient({ baseUrl: server.url });
});
afterEach(() => server.close());

describe('time', () => {
  it('ends a call that gets no answer', async () => {
    server.answer = () => undefined;
    const error = await caught(new KkpClient({ baseUrl: server.url, timeoutMs: 30 }).encrypt(REQUEST));
    expect(error).toBeInstanceOf(KkpTimeoutError);
    expect(error).toMatchObject({ code: 'timeout', message: 'The server did not answer within 30 ms.' });
  });

  it('ends a call whose body does not end', async () => {
    server.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"keys":');
    };
    expect(await caught(client.fetchJwks({ timeoutMs: 30 }))).toBeInstanceOf(KkpTimeoutError);
  });
});

describe('signal', () => {
  it('ends a running call with its reason', async () => {
    const controller = new AbortController();
    server.answer = () => controller.abort('changed my mind');
    const error = await caught(client.encrypt(REQUEST, { signal: controller.signal }));
    expect(error).toBeInstanceOf(KkpAbortError);
    expect(error).toMatchObject({ code: 'aborted', cause: 'changed my mind' });
  });

  it('ends a call while its body is read', async () => {
    const controller = new AbortController();
    server.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{', () => controller.abort());
    };
    expect(await caught(client.fetchJwks({ signal: controller.signal }))).toBeInstanceOf(KkpAbortError);
  });

  it('already aborted sends nothing', async () => {
    const error = await caught(client.encrypt(REQUEST, { signal: AbortSignal.abort() }));
    expect(error).toBeInstanceOf(KkpAbortError);
    expect(server.seen).toEqual([]);
  });

  it('aborted after the answer changes nothing', async () => {
    const controller = new AbortController();
    server.answer = json({ keys: [] });
    await client.fetchJwks({ signal: controller.signal });
    controller.abort();
    expect(await client.fetchJwks()).toEqual({ keys: [] });
  });
});

describe('connection', () => {
  it('refused becomes a KkpConnectionError with its cause', async () => {
    const port = await closedPort();
    const error = await caught(new KkpClient({ baseUrl: `http://127.0.0.1:${port}` }).encrypt(REQUEST));
    expect(error).toBeInstanceOf(KkpConnectionError);
    expect(error).toMatchObject({ code: 'connection_failed', message: 'The server could not be reached.' });
    expect(error).toMatchObject({ cause: { message: 'fetch failed' } });
  });

  it('cut before the answer becomes a KkpConnectionError', async () => {
    server.answer = (request) => request.socket.destroy();
    expect(await caught(client.encrypt(REQUEST))).toBeInstanceOf(KkpConnectionError);
  });

  it('cut within the answer becomes a KkpConnectionError', async () => {
    server.answer = (request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
      response.write('{"keys":[]', () => request.socket.destroy());
    };
    expect(await caught(client.fetchJwks())).toBeInstanceOf(KkpConnectionError);
  });
});

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('%d is not followed', async (status) => {
    server.answer = (request, response) => {
      if (request.url === '/elsewhere') json({ envelope: {} })(request, response);
      else response.writeHead(status, { location: '/elsewhere' }).end();
    };
    expect(await caught(client.encrypt(REQUEST))).toBeInstanceOf(KkpProtocolError);
    expect(server.seen.map(({ url }) => url)).toEqual(['/envelope/encrypt']);
  });

  it('as a browser shows them are not followed', async () => {
    const fetch = () => {
      const response = new Response('{"keys":[]}', { headers: { 'content-type': 'application/json' } });
      return Promise.resolve(Object.defineProperty(response, 'type', { value: 'opaqueredirect' }));
    };
    const error = await caught(new KkpClient({ baseUrl: server.url, fetch }).fetchJwks());
    expect(error).toBeInstanceOf(KkpProtocolError);
  });
});

describe('size', () => {
  it('over 16 MiB is refused while it arrives', async () => {
    let sent = 0;
    const mebibyte = Buffer.alloc(1 << 20, ' ');
    server.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        sent += 1;
        if (sent < 200) response.write(mebibyte, (error) => error ?? more());
        else response.end();
      };
      more();
    };
    const error = await caught(client.fetchJwks());
    expect(error).toBeInstanceOf(KkpProtocolError);
    expect(String(error)).toContain('16777216 bytes');
    expect(sent).toBeLessThan(100);
  });
});

/** A port that nothing listens on: one that was just given back. */
async function closedPort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  return port;
}
