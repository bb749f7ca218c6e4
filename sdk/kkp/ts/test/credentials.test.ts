import { inspect } from 'node:util';
import {
  KkpAbortError,
  KkpApiError,
  KkpClient,
  type Credentials,
  KkpCredentialsError,
  KkpProtocolError,
  KkpTimeoutError,
  KkpUnauthenticatedError,
} from '../src/index.js';
import { caught } from './support/caught.js';
import { type TestServer, json, problem, startServer } from './support/server.js';

const ROTATED = json({ kid: 'k2', expires_at: 1_700_001_800 }, 201);
const CANARY = 'SECRET-CANARY.abc_-~+/==';

let server: TestServer;
const clientWith = (credentials: Credentials, options: object = {}) =>
  new KkpClient({ baseUrl: server.url, credentials, ...options });
const sentHeaders = () => server.seen.map(({ headers }) => [headers.authorization, headers['x-api-key']]);

beforeEach(async () => {
  server = await startServer();
  server.answer = ROTATED;
});
afterEach(() => server.close());

describe('credentials', () => {
  it.each([
    ['a string', CANARY, [`Bearer ${CANARY}`, undefined]],
    ['a function', () => CANARY, [`Bearer ${CANARY}`, undefined]],
    ['an async function', () => Promise.resolve(CANARY), [`Bearer ${CANARY}`, undefined]],
    ['an API key', { apiKey: 'kkp:1.#secret!' }, [undefined, 'kkp:1.#secret!']],
    ['a function for an API key', { apiKey: () => Promise.resolve('key') }, [undefined, 'key']],
  ] satisfies [string, Credentials, unknown][])(
    'as %s go into one header',
    async (_, credentials, expected) => {
      await clientWith(credentials).rotate();
      expect(sentHeaders()).toEqual([expected]);
    },
  );

  it('are absent without the option', async () => {
    await new KkpClient({ baseUrl: server.url }).rotate();
    expect(sentHeaders()).toEqual([[undefined, undefined]]);
  });

  it('are asked for anew with each call', async () => {
    let count = 0;
    const client = clientWith(() => `token-${(count += 1)}`);
    await client.rotate();
    await client.rotate();
    expect(sentHeaders().map(([bearer]) => bearer)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('are not sent for public keys, nor asked for', async () => {
    server.answer = json({ keys: [] });
    await clientWith(() => Promise.reject(new Error('asked'))).fetchJwks();
    expect(sentHeaders()).toEqual([[undefined, undefined]]);
  });

  it('reach no other origin through a redirect', async () => {
    const other = await startServer();
    try {
      server.answer = (_, response) =>
        response.writeHead(307, { location: `${other.url}/keys/rotate` }).end();
      other.answer = ROTATED;
      expect(await caught(clientWith(CANARY).rotate())).toBeInstanceOf(KkpProtocolError);
      expect(other.seen).toEqual([]);
    } finally {
      await other.close();
    }
  });
});

const BAD_BEARERS = ['', ' ', 'a b', 'a\r\nX-Admin: 1', 'a\n', '\ta', 'a,b', 'caf\u00e9', 'a\0', '=a', '"a"'];
const BAD_API_KEYS = ['', ' ', 'a b', 'a\r\nX-Admin: 1', 'a\n', '\ta', 'caf\u00e9', 'a\0', 'a\x7f'];

describe('what no header can hold', () => {
  it.each(BAD_BEARERS)('is refused as a bearer token: %j', (token) => {
    expect(() => clientWith(token)).toThrow(TypeError);
  });

  it.each(BAD_API_KEYS)('is refused as an API key: %j', (apiKey) => {
    expect(() => clientWith({ apiKey })).toThrow(TypeError);
  });

  it.each([...BAD_BEARERS, undefined, 5, {}])('given by a function is not sent: %j', async (token) => {
    const error = await caught(clientWith(() => token as string).rotate());
    expect(error).toBeInstanceOf(KkpCredentialsError);
    expect(server.seen).toEqual([]);
  });

  it.each([null, 5, {}, { apiKey: undefined }, { apiKey: 5 }, ['a']])(
    'is no credential: %j',
    (credentials) => {
      expect(() => clientWith(credentials as unknown as Credentials)).toThrow(TypeError);
    },
  );

  it.each(['Authorization', 'x-api-key'])('together with a header %s is refused', (name) => {
    expect(() => clientWith('token', { headers: { [name]: CANARY } })).toThrow(/^headers must not hold/);
  });

  it('is not told in the error', () => {
    for (const credentials of [`${CANARY}\r\n`, { apiKey: `${CANARY}\r\n` }]) {
      expect(() => clientWith(credentials)).toThrow(/^(?![^]*CANARY)/);
    }
  });
});

describe('a credential function', () => {
  it('that fails ends the call with its cause, and nothing is sent', async () => {
    const cause = new Error('no session');
    const error = await caught(clientWith(() => Promise.reject(cause)).rotate());
    expect(error).toMatchObject({ name: 'KkpCredentialsError', code: 'no_credentials', cause });
    expect(server.seen).toEqual([]);
  });

  it('that never answers ends with the timeout', async () => {
    const error = await caught(clientWith(() => new Promise(() => undefined), { timeoutMs: 30 }).rotate());
    expect(error).toBeInstanceOf(KkpTimeoutError);
    expect(server.seen).toEqual([]);
  });

  it('that never answers ends with the signal', async () => {
    const controller = new AbortController();
    const client = clientWith(() => {
      queueMicrotask(() => controller.abort());
      return new Promise(() => undefined);
    });
    expect(await caught(client.rotate({ signal: controller.signal }))).toBeInstanceOf(KkpAbortError);
  });

  it('is not asked when the call is already aborted', async () => {
    let asked = 0;
    const client = clientWith(() => `token-${(asked += 1)}`);
    expect(await caught(client.rotate({ signal: AbortSignal.abort() }))).toBeInstanceOf(KkpAbortError);
    expect(asked).toBe(0);
  });
});

describe('an unauthenticated caller', () => {
  it('gets an error class of its own, that is a KkpApiError', async () => {
    server.answer = problem(401, 'unauthenticated');
    const error = await caught(clientWith(CANARY).rotate());
    expect(error).toBeInstanceOf(KkpUnauthenticatedError);
    expect(error).toBeInstanceOf(KkpApiError);
    expect(error).toMatchObject({ name: 'KkpUnauthenticatedError', code: 'unauthenticated', status: 401 });
    expect(inspect(error, { depth: 9 })).not.toContain('CANARY');
  });

  it('is told apart from a bad KKP token', async () => {
    server.answer = problem(401, 'invalid_token');
    const error = await caught(clientWith(CANARY).rotate());
    expect(error).not.toBeInstanceOf(KkpUnauthenticatedError);
    expect(error).toMatchObject({ name: 'KkpApiError', code: 'invalid_token' });
  });

  it('shows no secret in the client or in an error of the connection', async () => {
    const client = clientWith(CANARY);
    server.answer = (request) => request.socket.destroy();
    const error = await caught(client.rotate());
    expect(inspect([client, error], { depth: 9, showHidden: true })).not.toContain('CANARY');
  });
});
