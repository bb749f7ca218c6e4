import { setImmediate as turn } from 'node:timers/promises';
import type { KmsBackend } from 'kkp-plugin-kit';
import { alteredPlugin } from '../support/altered-plugin.js';
import { openRaw, rawRequest, sendRaw, splitAnswers } from '../support/raw-http.js';
import { emulations, get, startServer, type TestServer } from '../support/server.js';

const BUSY_MS = 10;
const REQUESTS = 12;
const ENCRYPT = { backend: 'aws', key_id: 'alias/orders', plaintext: 'attack at dawn' };
const LAST = ['Host: x', 'Connection: close'];

let server: TestServer;
let begun = 0;
afterEach(() => server.close());

/** A server with a key service in its own process that takes the processor for itself, so that requests wait for it. */
async function start(requestWait: number): Promise<void> {
  begun = 0;
  const backends = emulations().map((plugin) =>
    alteredPlugin(plugin, (backend: KmsBackend) => ({
      generateDataKey: (...args: Parameters<NonNullable<KmsBackend['generateDataKey']>>) => {
        begun += 1;
        for (const end = performance.now() + BUSY_MS; performance.now() < end;);
        return backend.generateDataKey!(...args);
      },
    })),
  );
  server = await startServer({ backends, settings: { requestWait } });
}

/** Requests that reach the server in one piece. */
const atOnce = (headers?: string[]): string =>
  Array.from({ length: REQUESTS }, (_, at) =>
    rawRequest('POST', '/envelope/encrypt', ENCRYPT, at === REQUESTS - 1 ? headers : undefined),
  ).join('');

const askAtOnce = async () => splitAnswers(await sendRaw(server.url, atOnce(LAST)));

describe('a server that is asked for more than it can do', () => {
  it('refuses what would wait too long, says when to try again, and does the rest', async () => {
    await start(3 * BUSY_MS);
    const answers = await askAtOnce();
    expect(answers).toHaveLength(REQUESTS);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.length).toBe(REQUESTS - begun);
    expect(begun).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    for (const { status, head, body } of refused) {
      expect(status).toBe(503);
      expect(head).toMatch(/^retry-after: 1$/im);
      expect(head).toMatch(/^content-type: application\/problem\+json$/im);
      expect(head).toMatch(/^cache-control: no-store$/im);
      const [, id] = /^x-request-id: (\S+)$/im.exec(head)!;
      expect(JSON.parse(body)).toEqual({
        type: 'urn:kkp:error:internal_error',
        title: 'Not available right now',
        status: 503,
        detail: 'Too many requests wait here. Send it again later.',
        message: 'Too many requests wait here. Send it again later.',
        error: 'internal_error',
        instance: `urn:kkp:request:${id}`,
      });
    }
  });

  it('counts what it refuses, and logs all of it in one line', async () => {
    await start(3 * BUSY_MS);
    const count = (await askAtOnce()).filter(({ status }) => status === 503).length;
    expect(count).toBeGreaterThan(0);
    const lines = () => server.logs.filter(({ status }) => status === 503);
    for (let turns = 0; lines().length === 0 && turns < 1e6; turns++) await turn();
    const msg = 'requests refused: more than can be served';
    expect(lines()).toMatchObject([{ msg, method: 'POST', count }]);
    const { body } = await get(server, '/metrics');
    expect(body).toContain(
      `kkp_http_requests_total{route="unmatched",method="POST",status="503"} ${count}\n`,
    );
  });

  it('refuses none where there is no limit', async () => {
    await start(0);
    const answers = await askAtOnce();
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(REQUESTS).fill(200));
  });

  it.each(['/livez', '/keys/jwks', '/.well-known/jwks.json'])(
    'answers %s before what waits',
    async (path) => {
      await start(0);
      const [work, reader] = [openRaw(server.url), openRaw(server.url)];
      await Promise.all([work.connected, reader.connected]);
      work.socket.write(atOnce());
      reader.socket.write(rawRequest('GET', path));
      expect(await reader.answered()).toMatch(/^HTTP\/1\.1 200 /);
      expect(begun).toBeLessThan(REQUESTS);
      await work.answered(REQUESTS);
      for (const { socket } of [work, reader]) socket.destroy();
    },
  );
});
