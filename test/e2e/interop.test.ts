import { jest } from '@jest/globals';
import { createRemoteJWKSet, customFetch, jwtVerify, type RemoteJWKSetOptions } from 'jose';
import { startProcess } from '../support/process.js';
import { GRANT, issueToken, post, send, startServer, type TestServer } from '../support/server.js';

const ROTATIONS = 20;
const START = 1_800_000_000;

interface Live {
  readonly token: string;
  readonly kid: string;
  /** Unix seconds. */
  readonly exp: number;
}

/** A verifier that lives as long as the test: jose with a JWKS URL, and what it has seen. */
class JoseClient {
  readonly refused: string[] = [];
  verified = 0;
  fetched = 0;
  private readonly keys: ReturnType<typeof createRemoteJWKSet>;

  constructor(url: string, options: RemoteJWKSetOptions = {}) {
    const counted: typeof fetch = (...request) => {
      this.fetched += 1;
      return fetch(...request);
    };
    this.keys = createRemoteJWKSet(new URL(url), { ...options, [customFetch]: counted });
  }

  async verify({ token, kid }: Live): Promise<void> {
    const expected = { audience: GRANT.audience, subject: GRANT.subject, algorithms: ['EdDSA'], typ: 'JWT' };
    try {
      const { protectedHeader } = await jwtVerify(token, this.keys, expected);
      expect(protectedHeader.kid).toBe(kid);
      this.verified += 1;
    } catch (error) {
      this.refused.push(`${kid}: ${String(error)}`);
    }
  }
}

const kidOf = (token: string): string => {
  const [header = ''] = token.split('.');
  return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }).kid;
};

/** Fakes `Date`, which jose reads and the server is given, and nothing else: HTTP and its timers are real. */
const stopTheClock = (): void => {
  jest.useFakeTimers({
    now: START * 1000,
    doNotFake: [
      'clearImmediate',
      'clearInterval',
      'clearTimeout',
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'setInterval',
      'setTimeout',
    ],
  });
};
const now = (): number => Math.floor(Date.now() / 1000);
const advance = (seconds: number): void => {
  jest.setSystemTime((now() + seconds) * 1000);
};

describe('through 20 rotations, by a clock that the test moves, jose', () => {
  let server: TestServer;
  let kids: Set<string>;
  beforeEach(async () => {
    stopTheClock();
    kids = new Set();
    server = await startServer({ overrides: { clock: { now: () => Date.now() } } });
  });
  afterEach(async () => {
    await server.close();
    jest.useRealTimers();
  });

  const issue = async (ttl_seconds: number): Promise<Live> => {
    const token = await issueToken(server, { ttl_seconds });
    kids.add(kidOf(token));
    return { token, kid: kidOf(token), exp: now() + ttl_seconds };
  };
  const rotate = async (): Promise<void> => {
    expect((await post(server, '/keys/rotate')).status).toBe(201);
  };
  const url = (path = '/keys/jwks') => server.url + path;

  it('with its defaults accepts every live token of a server with its defaults', async () => {
    const clients = {
      'with its defaults': new JoseClient(url()),
      'with the well-known URL': new JoseClient(url('/.well-known/jwks.json')),
      'that learns of keys only by a kid it does not know': new JoseClient(url(), { cacheMaxAge: Infinity }),
    };
    let live: Live[] = [];
    while (kids.size <= ROTATIONS) {
      live.push(await issue(900));
      for (const one of live) {
        for (const client of Object.values(clients)) await client.verify(one);
      }
      advance(60);
      live = live.filter(({ exp }) => now() < exp);
    }
    const counts = Object.entries(clients).map(([name, { verified, refused }]) => [name, verified, refused]);
    // A token a minute through 20 intervals of 15 minutes, and one under the last key; each lives for 15 minutes.
    const verified = 15 * 301 - (15 * 14) / 2;
    expect(counts).toEqual(Object.keys(clients).map((name) => [name, verified, []]));
    expect(clients['with its defaults'].fetched).toBe(31);
    expect(clients['that learns of keys only by a kid it does not know'].fetched).toBeLessThan(ROTATIONS);
  });

  it('accepts each token as soon as an operator has rotated, if it may ask for the keys', async () => {
    const client = new JoseClient(url(), { cooldownDuration: 0 });
    let live = [await issue(300)];
    for (let turn = 0; turn < ROTATIONS; turn++) {
      advance(200);
      await rotate();
      live = [...live.filter(({ exp }) => now() < exp), await issue(300)];
      for (const one of live) await client.verify(one);
    }
    expect(client.refused).toEqual([]);
    expect(client.verified).toBe(2 * ROTATIONS);
    expect(kids.size).toBe(ROTATIONS + 1);
  });

  it('with its defaults misses keys that an operator rushes past it for no longer than its cool-down', async () => {
    const client = new JoseClient(url());
    await client.verify(await issue(300));
    await rotate();
    await rotate();
    const token = await issue(300);
    const refusedAt: number[] = [];
    for (let second = 0; second <= 40; second++) {
      const before = client.refused.length;
      await client.verify(token);
      if (client.refused.length > before) refusedAt.push(second);
      advance(1);
    }
    // The second key was published after jose had asked, and it asks for nothing within 30 seconds of that.
    expect(refusedAt).toEqual(Array.from({ length: 30 }, (_none, second) => second));
  });
});

describe('through 20 rotations of a real process, by the clock of the machine, jose', () => {
  it('accepts every token of every key so far', async () => {
    // An operator's rotations, which come at once, and each leaves a key behind that live tokens need.
    const server = await startProcess({ KKP_MAX_ACTIVE_KEYS: '40' });
    try {
      const issue = async (): Promise<Live> => {
        const { body } = await send(server.url, 'POST', '/token', GRANT);
        return { token: body.token, kid: body.kid, exp: body.expires_at };
      };
      const client = new JoseClient(`${server.url}/keys/jwks`, { cooldownDuration: 0 });
      const live = [await issue()];
      for (let turn = 0; turn < ROTATIONS; turn++) {
        const { body: rotated } = await send(server.url, 'POST', '/keys/rotate');
        live.push(await issue());
        expect(live.at(-1)!.kid).toBe(rotated.kid);
        for (const one of live) await client.verify(one);
      }
      expect(client.refused).toEqual([]);
      // 2 tokens after the first rotation, 21 after the last.
      expect(client.verified).toBe(230);
      expect(new Set(live.map(({ kid }) => kid)).size).toBe(ROTATIONS + 1);
    } finally {
      server.child.kill();
      await server.finished;
    }
  });
});
