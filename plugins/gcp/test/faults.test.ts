import type { Call, KmsBackend, WrappedKey } from 'kkp-plugin-kit';
import type { Fault } from './fake/faults.js';
import { FakeKms } from './fake/kms.js';
import { call, create, open, refusal, until, within, wrap } from './support/gcp.js';

const PROMPT_MS = 100;
const kms = await FakeKms.start();
const keyId = kms.createKey('orders');
let backend: KmsBackend;
let wrapped: WrappedKey;
afterAll(() => kms.stop());

beforeEach(async () => {
  backend = await open(kms);
  wrapped = await wrap(backend, keyId);
  kms.seen.length = 0;
});

const OPERATIONS: readonly [name: string, attempt: (at: Call) => Promise<unknown>][] = [
  ['wrapKey', (at) => wrap(backend, keyId, at)],
  ['unwrapKey', (at) => backend.unwrapKey({ keyId, wrapped }, at)],
  ['describeKey', (at) => backend.describeKey(keyId, at)],
];
const WAITING: readonly Fault[] = [{ kind: 'hang' }, { kind: 'drip' }];

describe.each(OPERATIONS)('%s', (_name, attempt) => {
  it.each(WAITING)('ends with its signal when the answer is a $kind, and asked once', async (fault) => {
    kms.faults.add(fault);
    const abort = new AbortController();
    const told = refusal(attempt(call({ signal: abort.signal })));
    await until('the request', () => kms.seen.length === 1);
    abort.abort();
    expect(await within(PROMPT_MS, told)).toMatchObject({ code: 'unavailable' });
    expect(kms.seen).toHaveLength(1);
  });

  it.each([...WAITING, { kind: 'delay', ms: 400 } as const])(
    'ends with its deadline when the answer is a $kind, and asked once',
    async (fault) => {
      kms.faults.add(fault);
      const told = refusal(attempt(call({ withinMs: 50 })));
      expect(await within(50 + PROMPT_MS, told)).toMatchObject({ code: 'unavailable' });
      await until('the request', () => kms.seen.length > 0);
      expect(kms.seen).toHaveLength(1);
    },
  );

  it('is not begun after its deadline', async () => {
    expect(await refusal(attempt(call({ withinMs: 0 })))).toMatchObject({ code: 'unavailable' });
    expect(kms.seen).toHaveLength(0);
  });

  it.each<Fault>([
    { kind: 'reset' },
    { kind: 'half-answer' },
    { kind: 'raw', status: 200, text: '<html>' },
    { kind: 'raw', status: 200, text: 'null' },
    { kind: 'raw', status: 200, text: '[]' },
    { kind: 'raw', status: 200, text: '' },
    { kind: 'raw', status: 204, text: '' },
    { kind: 'raw', status: 502, text: '<html>bad gateway</html>' },
    { kind: 'raw', status: 503, text: '' },
    { kind: 'change', change: () => ({}) },
    { kind: 'change', change: (body) => ({ ...body, padding: 'x'.repeat(1024 * 1024) }) },
  ])('is unavailable, retryable and asked once after $kind $status', async (fault) => {
    kms.faults.add(fault);
    expect(await refusal(attempt(call()))).toMatchObject({
      code: 'unavailable',
      side: 'provider',
      retryable: true,
    });
    expect(kms.seen).toHaveLength(1);
    // And the connection is not spoilt for the next one.
    await attempt(call());
  });

  it('follows no redirect: neither token nor plaintext goes to another host', async () => {
    const other = await FakeKms.start();
    kms.faults.add({ kind: 'raw', status: 307, text: '', headers: { location: `${other.url}/v1/${keyId}` } });
    expect(await refusal(attempt(call()))).toMatchObject({ code: 'unavailable', providerCode: 'HTTP 307' });
    expect(other.seen).toEqual([]);
    await other.stop();
  });

  it('that is late within its deadline is answered', async () => {
    kms.faults.add({ kind: 'delay', ms: 30 });
    await attempt(call());
  });
});

describe('connections', () => {
  it('are used again', async () => {
    const fresh = await FakeKms.start();
    const id = fresh.createKey();
    const own = await open(fresh);
    for (let round = 0; round < 5; round++) await wrap(own, id);
    expect(new Set(fresh.seen.map(({ port }) => port)).size).toBeLessThanOrEqual(2);
    await fresh.stop();
  });

  it('to nobody are unavailable', async () => {
    const gone = await FakeKms.start();
    const own = await open(gone);
    await gone.stop();
    expect(await refusal(wrap(own, keyId))).toMatchObject({
      code: 'unavailable',
      providerCode: 'ECONNREFUSED',
    });
  });
});

describe('a backend', () => {
  it('is opened once, and not after it was closed', async () => {
    expect((await refusal(backend.open(call()))).code).toBe('unavailable');
    const closed = create(kms);
    await closed.close();
    expect((await refusal(closed.open(call()))).code).toBe('unavailable');
  });

  it('that is closed while it opens does not open', async () => {
    const own = create(kms, { options: { healthKey: keyId } });
    kms.faults.add({ kind: 'delay', ms: 50 });
    const opening = own.open(call());
    await own.close();
    expect((await refusal(opening)).code).toBe('unavailable');
    expect((await refusal(wrap(own, keyId))).code).toBe('unavailable');
  });

  it('that failed to open can be closed, and answers nothing', async () => {
    const own = create(kms, { options: { healthKey: `${keyId}-absent` } });
    expect((await refusal(own.open(call()))).code).toBe('not-found');
    expect((await refusal(wrap(own, keyId))).code).toBe('unavailable');
    await own.close();
  });
});
