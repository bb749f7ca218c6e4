import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRaw, rawRequest, sendRaw, splitAnswers, type RawConnection } from '../support/raw-http.js';
import { startProcess, type RunningServer } from '../support/process.js';
import { GRANT, post, send, startServer } from '../support/server.js';

const POST_TOKEN = rawRequest('POST', '/token', GRANT);

/** The server has surely read what came before once it has answered on another connection. */
const serverHasRead = (url: string) => send(url, 'GET', '/livez');

async function takesNoConnection(url: string): Promise<void> {
  for (;;) {
    try {
      await serverHasRead(url);
    } catch {
      return;
    }
  }
}

describe('the server, when it stops', () => {
  let folder: string;
  let server: RunningServer;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'kkp-shutdown-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  const startWith = async (limits: object): Promise<void> => {
    const path = join(folder, 'kkp.json');
    writeFileSync(path, JSON.stringify({ limits }));
    server = await startProcess({ KKP_CONFIG: path });
  };
  const stop = async (): Promise<void> => {
    server.child.kill('SIGTERM');
    await server.logged('stopping');
  };
  afterEach(() => server.child.kill('SIGKILL'));

  it('answers what it had begun to read, and says that the connection ends', async () => {
    await startWith({ drain_ms: 0 });
    const parts = [10, POST_TOKEN.length - 10].map((at) => [POST_TOKEN.slice(0, at), POST_TOKEN.slice(at)]);
    const begun = parts.map(([first]) => {
      const connection = openRaw(server.url);
      connection.socket.write(first!);
      return connection;
    });
    await Promise.all(begun.map(({ connected }) => connected));
    await serverHasRead(server.url);
    await stop();
    await takesNoConnection(server.url);
    begun.forEach(({ socket }, at) => socket.write(parts[at]![1]!));
    for (const { closed } of begun) {
      const [answer, ...others] = splitAnswers(await closed);
      expect(answer).toMatchObject({ status: 200, head: expect.stringMatching(/^connection: close$/im) });
      expect(others).toEqual([]);
    }
    expect(await server.finished).toMatchObject({ code: 0, stderr: '' });
    await expect(sendRaw(server.url, POST_TOKEN)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('does not wait for connections on which nothing was asked', async () => {
    await startWith({});
    const silent = openRaw(server.url);
    const idle = openRaw(server.url);
    idle.socket.write(POST_TOKEN);
    await Promise.all([silent.connected, idle.answered()]);
    await serverHasRead(server.url);
    const before = Date.now();
    await stop();
    expect(await server.finished).toMatchObject({ code: 0, stderr: '' });
    expect(Date.now() - before).toBeLessThan(5_000);
    expect(await silent.closed).toBe('');
    expect(splitAnswers(await idle.closed)).toHaveLength(1);
  });

  it('gives a request that does not arrive the time that it always has, and no more', async () => {
    await startWith({ request_timeout_ms: 1_500, drain_ms: 0 });
    const half = openRaw(server.url);
    half.socket.write('POST /token HTTP/1.1\r\nHost:');
    await half.connected;
    await serverHasRead(server.url);
    await stop();
    expect(splitAnswers(await half.closed)[0]?.status).toBe(408);
    expect(await server.finished).toMatchObject({ code: 0, stderr: '' });
  });

  it('says so and exits with 1 when running requests take too long', async () => {
    await startWith({ shutdown_timeout_ms: 50, drain_ms: 0 });
    const half = openRaw(server.url);
    half.socket.write('POST /token HTTP/1.1\r\nHost:');
    await half.connected;
    await serverHasRead(server.url);
    await stop();
    expect((await server.finished).code).toBe(1);
    expect(server.logs.map(({ msg }) => msg)).toContain('running requests did not finish in time');
  });

  it('takes requests for a while yet, not ready, and closes each connection with its answer', async () => {
    await startWith({ drain_ms: 2_000 });
    const kept = openRaw(server.url);
    kept.socket.write(POST_TOKEN);
    expect(await kept.answered()).not.toMatch(/connection: close/i);
    await stop();
    kept.socket.write(POST_TOKEN);
    const [, last] = splitAnswers(await kept.closed);
    expect(last).toMatchObject({ status: 200, head: expect.stringMatching(/^connection: close$/im) });
    const readiness = await send(server.url, 'GET', '/readyz');
    expect(readiness).toMatchObject({ status: 503, body: { status: 'unavailable' } });
    expect(readiness.headers.get('connection')).toBe('close');
    for (const request of ['GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n', rawRequest('GET', '/nope')]) {
      expect(await sendRaw(server.url, request)).toMatch(/^connection: close$/im);
    }
    expect((await server.finished).code).toBe(0);
  });

  it('loses no request of 20 busy connections', async () => {
    await startWith({ drain_ms: 2_000 });
    const clients = Array.from({ length: 20 }, () => postUntilToldToClose(openRaw(server.url)));
    await Promise.all(clients.map(({ warm }) => warm));
    await stop();
    const ends = await Promise.all(clients.map(({ end }) => end));
    expect(ends.filter((end) => end !== 'told to close')).toEqual([]);
    expect(await server.finished).toMatchObject({ code: 0, stderr: '' });
  });
});

/** Posts back to back on one connection. `warm` after ten answers; `end` says how it ended. */
function postUntilToldToClose({ socket, answered, closed }: RawConnection) {
  let isWarm: () => void;
  const warm = new Promise<void>((resolve) => (isWarm = resolve));
  const run = async (): Promise<string> => {
    for (let count = 1; ; count += 1) {
      socket.write(POST_TOKEN);
      const last = splitAnswers(await answered(count)).at(-1)!;
      if (last.status !== 200) return `answered ${last.status}`;
      if (count === 10) isWarm();
      if (!/^connection: close$/im.test(last.head)) continue;
      await closed;
      return 'told to close';
    }
  };
  return { warm, end: run().catch(String) };
}

describe('an application that closes', () => {
  it('does not wait for silent connections either', async () => {
    const server = await startServer();
    const silent = openRaw(server.url);
    await silent.connected;
    expect((await post(server, '/token', GRANT)).status).toBe(200);
    await server.close();
    expect(await silent.closed).toBe('');
  });
});
