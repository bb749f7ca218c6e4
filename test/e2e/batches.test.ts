import memory from 'kkp-plugin-memory';
import { KmsError } from 'kkp-plugin-kit';
import { alteredPlugin } from '../support/altered-plugin.js';
import {
  expectProblem,
  get,
  issueToken,
  post,
  seal,
  send,
  startServer,
  type Answer,
  type TestServer,
} from '../support/server.js';

const ROUTES = ['/envelope/encrypt', '/envelope/decrypt', '/envelope/rewrap', '/datakey'] as const;
type Route = (typeof ROUTES)[number];
const ACTIONS = {
  '/envelope/encrypt': 'encrypt',
  '/envelope/decrypt': 'decrypt',
  '/envelope/rewrap': 'rewrap',
  '/datakey': 'data_key',
} as const;
const KEY = { backend: 'aws', key_id: 'alias/orders' };
const NO_OBJECTS = [null, 7, 'text', true, [], [[]]];
const GARBAGE: object[] = [{}, { items: [] }, { constructor: {} }, { ' x': 1 }];

describe('a batch', () => {
  let server: TestServer;
  /** One item for each route that the route would do. */
  let good: Record<Route, object>;
  /** Items for each route that it refuses, each for a reason of its own, with the status. */
  let bad: Record<Route, [object, number][]>;

  beforeAll(async () => {
    const busy = alteredPlugin(memory({ name: 'busy' }), () => ({
      generateDataKey: () =>
        Promise.reject(new KmsError('throttled', 'secret text', { retryAfterMs: 2_500 })),
    }));
    const aws = memory({ name: 'aws', emulates: 'aws' });
    server = await startServer({ backends: [aws, busy], settings: { bodyLimit: 262_144 } });
    const token = await issueToken(server);
    const other = await issueToken(server, { key_id: 'alias/other' });
    const envelope = await seal(server);
    const spoilt = { ...envelope, ciphertext: 'AAAA' };
    await seal(server, { key_id: 'alias/tired' });
    aws.admin.disable('alias/tired');
    const tired = { ...KEY, key_id: 'alias/tired' };
    const unknown = { ...KEY, backend: 'nowhere' };
    const unnamed = { ...KEY, key_id: '' };
    const throttled = { ...KEY, backend: 'busy' };
    good = {
      '/envelope/encrypt': { ...KEY, plaintext: 'attack at dawn' },
      '/envelope/decrypt': { token, envelope },
      '/envelope/rewrap': { token, envelope },
      '/datakey': KEY,
    };
    const withKey = (more: object): [object, number][] => [
      [{ ...tired, ...more }, 400],
      [{ ...unknown, ...more }, 400],
      [{ ...unnamed, ...more }, 403],
      [{ ...throttled, ...more }, 429],
      [{ ...KEY, ...more, other: 1 }, 400],
    ];
    const withEnvelope: [object, number][] = [
      [{ token: `${token}x`, envelope }, 401],
      [{ token: other, envelope }, 403],
      [{ token, envelope, expected_audience: 'billing' }, 403],
      [{ token, envelope: spoilt }, 400],
      [{ token, envelope, other: 1 }, 400],
    ];
    bad = {
      '/envelope/encrypt': [...withKey({ plaintext: 'x' }), [KEY, 400]],
      '/envelope/decrypt': [...withEnvelope, [{ envelope }, 400]],
      '/envelope/rewrap': [
        ...withEnvelope,
        [{ envelope }, 403],
        [{ token, envelope, ...tired }, 400],
        [{ token, envelope, ...throttled }, 429],
      ],
      '/datakey': [...withKey({}), [{ ...KEY, bytes: 7 }, 400]],
    };
  });
  afterAll(() => server.close());

  describe.each(ROUTES)('of %s', (route) => {
    const batch = (body: unknown) => post(server, `${route}/batch`, body);

    it.each([
      ['nothing', undefined],
      ['no items', {}],
      ['an empty list', { items: [] }],
      ['101 items', { items: Array(101).fill({}) }],
      ['items that are an object', { items: { 0: {} } }],
      ['items that are text', { items: 'text' }],
      ['items that are null', { items: null }],
      ['a member beside the items', { items: [{}], more: 1 }],
      ['a bare list', '[{}]'],
      ['the items twice', '{"items":[{}],"items":[{}]}'],
      ['a member of an item twice', '{"items":[{"backend":"aws","backend":"busy"}]}'],
      ['a lone surrogate in an item', '{"items":[{"backend":"\\ud800"}]}'],
      ['a prototype in an item', '{"items":[{"__proto__":{}}]}'],
      ['nesting beyond 32 levels', `{"items":[${'{"a":'.repeat(31)}1${'}'.repeat(31)}]}`],
      ['half a list', '{"items":[{}'],
    ])('is refused as a whole with %s', async (_what, body) => {
      expectProblem(await batch(body), 400, 'invalid_request');
    });

    it.each([[[]], [Array(101).fill({})], ['text'], [null], [undefined]])(
      'says what items may be',
      async (items) => {
        expect((await batch({ items })).body.message).toBe('Member items must be a list of 1 to 100 items.');
      },
    );

    it('is refused with 413 when it is larger than a body may be', async () => {
      const items = [{ ...good[route], padding: 'x'.repeat(300_000) }];
      expectProblem(await batch({ items }), 413, 'invalid_request');
    });

    it('is refused with 415 as anything but JSON', async () => {
      const response = await fetch(`${server.url}${route}/batch`, {
        method: 'POST',
        body: JSON.stringify({ items: [good[route]] }),
        headers: { 'content-type': 'text/plain' },
      });
      const answer = { status: response.status, headers: response.headers, body: await response.json() };
      expectProblem(answer, 415, 'invalid_request');
    });

    it('is answered to POST alone', async () => {
      const answer = await send(server.url, 'GET', `${route}/batch`);
      expectProblem(answer, 405, 'method_not_allowed');
      expect(answer.headers.get('allow')).toBe('POST');
    });

    it('answers each item as the single route would, whatever the others are', async () => {
      const refused = [...bad[route].map(([item]) => item), ...GARBAGE];
      const items = refused.flatMap((item) => [item, good[route]]);
      const { status, headers, body } = await batch({ items });
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(Object.keys(body as object)).toEqual(['results']);
      const alone = await Promise.all(items.map((item) => post(server, route, item)));
      expect(body.results).toHaveLength(items.length);
      for (const [place, single] of alone.entries()) expectSame((body.results as Result[])[place]!, single);
    });

    it('refuses items that are no objects, and does the others', async () => {
      const { body } = await batch({ items: [...NO_OBJECTS, good[route]] });
      const results = body.results as Result[];
      expect(results.pop()!.status).toBe(200);
      expect(results).toHaveLength(NO_OBJECTS.length);
      for (const result of results) {
        expect(result).toMatchObject({ status: 400, body: { error: 'invalid_request', status: 400 } });
      }
    });

    it('knows each kind of failure', async () => {
      const { body } = await batch({ items: bad[route].map(([item]) => item) });
      const statuses = (body.results as { status: number }[]).map(({ status }) => status);
      expect(statuses).toEqual(bad[route].map(([, status]) => status));
      expect(JSON.stringify(body)).not.toContain('secret text');
    });

    it('takes 100 items, and counts a decision for each and one request', async () => {
      const before = await counts();
      const { status, body } = await batch({ items: Array(100).fill(good[route]) });
      expect(status).toBe(200);
      expect(new Set((body.results as { status: number }[]).map((one) => one.status))).toEqual(
        new Set([200]),
      );
      const after = await counts();
      expect(after.decisions - before.decisions).toBe(100);
      expect(after.requests - before.requests).toBe(1);
    });

    it('counts what the policy refuses', async () => {
      const items = [...bad[route].filter(([, status]) => status === 403).map(([item]) => item)];
      const before = await counts('deny');
      await batch({ items });
      // A token for another key or audience is refused before the policy is asked.
      const asked = route === '/envelope/decrypt' ? 0 : 1;
      expect((await counts('deny')).decisions - before.decisions).toBe(asked);
    });

    /** How often the policy answered so, and how many requests the batch route had. */
    async function counts(outcome = 'allow') {
      const text = (await get(server, '/metrics')).body as string;
      const read = (start: string) =>
        Number(
          text
            .split('\n')
            .find((line) => line.startsWith(start))
            ?.split(' ')[1] ?? 0,
        );
      return {
        decisions: read(`kkp_policy_decisions_total{action="${ACTIONS[route]}",outcome="${outcome}"}`),
        requests: read(`kkp_http_requests_total{route="${route}/batch",method="POST",status="200"}`),
      };
    }
  });

  it('names each item in the log by the request and its place', async () => {
    const { headers } = await post(server, '/datakey/batch', { items: [KEY, { ...KEY, key_id: '' }] });
    const id = headers.get('x-request-id')!;
    const denied = server.logs.filter(({ request_id }) => String(request_id).startsWith(id));
    expect(denied).toMatchObject([
      { msg: 'policy denied', request_id: `${id}.1`, action: 'data_key' },
      { msg: 'request', request_id: id, route: '/datakey/batch' },
    ]);
  });

  it.each(['/token/batch', '/keys/rotate/batch', '/envelope/batch', '/batch'])(
    'is not there at %s',
    async (path) => {
      expectProblem(await post(server, path, { items: [{}] }), 404, 'not_found');
    },
  );
});

interface Result {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly retry_after_seconds?: number;
}

/** The result of an item is what was answered to it alone: secrets and ciphertexts are fresh each time. */
function expectSame(result: Result, single: Answer): void {
  expect(result.status).toBe(single.status);
  if (result.status === 200) {
    expect(Object.keys(result)).toEqual(['status', 'body']);
    expect(Object.keys(result.body)).toEqual(Object.keys(single.body as object));
    return;
  }
  const { instance, ...problem } = single.body as Record<string, unknown>;
  expect(instance).toMatch(/^urn:kkp:request:/);
  expect(result.body).toEqual(problem);
  expect(result.retry_after_seconds ?? null).toEqual(
    single.headers.has('retry-after') ? Number(single.headers.get('retry-after')) : null,
  );
}
