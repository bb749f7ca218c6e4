import type { AccessToken } from 'kkp-plugin-gcp';
import { Tokens } from '../src/tokens.js';
import { FakeKms, TOKEN } from './fake/kms.js';
import { call, create, HOUR, movableHost, open, refusal, within, wrap } from './support/gcp.js';

const WORKS = Symbol('works');

/** A source of tokens `t1`, `t2` ... that live an hour, on a clock that the tests move. */
class Source {
  now = 1_700_000_000_000;
  asked = 0;
  failing: unknown = WORKS;
  #waiting: (() => void) | undefined;
  readonly clock = { now: () => this.now };
  readonly tokens = new Tokens(this, this.clock);

  async getAccessToken(): Promise<AccessToken> {
    const token = `t${++this.asked}`;
    if (this.failing !== WORKS) throw this.failing as Error;
    if (this.#waiting) await new Promise<void>((resolve) => (this.#waiting = resolve));
    return { token, expiresAt: this.now + HOUR };
  }

  /** The next fetches wait for the returned function. */
  hold(): () => void {
    this.#waiting = () => undefined;
    return () => {
      const go = this.#waiting;
      this.#waiting = undefined;
      go?.();
    };
  }

  async get(): Promise<string> {
    return (await this.tokens.get()).token;
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a token', () => {
  it('is fetched once for all who wait', async () => {
    const source = new Source();
    const letGo = source.hold();
    const all = Promise.all([source.get(), source.get(), source.get()]);
    letGo();
    await settled();
    expect(source.asked).toBe(1);
    expect(await all).toEqual(['t1', 't1', 't1']);
  });

  it('is kept until five minutes before its end, then replaced behind the calls', async () => {
    const source = new Source();
    await source.get();
    source.now += HOUR - 300_001;
    expect(await source.get()).toBe('t1');
    await settled();
    expect(source.asked).toBe(1);
    source.now += 1;
    expect(await source.get()).toBe('t1');
    await settled();
    expect(await source.get()).toBe('t2');
    expect(source.asked).toBe(2);
  });

  it('that cannot be replaced is used to its end, and asked for every ten seconds', async () => {
    const source = new Source();
    await source.get();
    source.failing = new Error('down');
    source.now += HOUR - 200_000;
    for (let round = 0; round < 3; round++) {
      expect(await source.get()).toBe('t1');
      await settled();
    }
    expect(source.asked).toBe(2);
    source.now += 10_000;
    expect(await source.get()).toBe('t1');
    await settled();
    expect(source.asked).toBe(3);
    source.now += 190_000;
    expect(await refusal(source.get())).toMatchObject({ code: 'access-denied', side: 'proxy' });
  });

  it('that is over is never used', async () => {
    const source = new Source();
    await source.get();
    source.now += HOUR;
    expect(await source.get()).toBe('t2');
  });

  it.each([
    ['over', { token: 't', expiresAt: 1_700_000_000_000 }],
    ['empty', { token: '', expiresAt: Infinity }],
    ['a header of its own', { token: 'a\r\nx: y', expiresAt: Infinity }],
    ['no text', { token: undefined as never, expiresAt: Infinity }],
    ['of an end that is no number', { token: 't', expiresAt: NaN }],
  ])('that is %s is none', async (_what, token) => {
    const tokens = new Tokens({ getAccessToken: () => Promise.resolve(token) }, new Source().clock);
    expect(await refusal(tokens.get())).toMatchObject({ code: 'access-denied', side: 'proxy' });
  });

  it('that Cloud KMS refuses is replaced, unless it is younger than ten seconds', async () => {
    const source = new Source();
    const token = await source.tokens.get();
    source.now += 9_999;
    source.tokens.refused(token);
    expect(await source.get()).toBe('t1');
    source.now += 1;
    source.tokens.refused(token);
    expect(await source.get()).toBe('t2');
  });

  it('that was replaced meanwhile is not replaced again', async () => {
    const source = new Source();
    const token = await source.tokens.get();
    source.now += HOUR;
    await source.get();
    source.now += 20_000;
    source.tokens.refused(token);
    expect(await source.get()).toBe('t2');
  });
});

describe('a source of tokens', () => {
  it.each([
    [
      'refuses',
      { status: 400, response: { data: { error: 'invalid_grant' } } },
      'access-denied',
      'invalid_grant',
    ],
    ['answers 401', { status: 401 }, 'access-denied', undefined],
    ['answers 403', { response: { status: 403 } }, 'access-denied', undefined],
    ['answers 429', { status: 429 }, 'unavailable', undefined],
    ['answers 500', { status: 500 }, 'unavailable', undefined],
    ['answers 503', { response: { status: 503 } }, 'unavailable', undefined],
    ['is not there', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'unavailable', 'ECONNREFUSED'],
    ['breaks off', new Error('x', { cause: { code: 'ECONNRESET' } }), 'unavailable', 'ECONNRESET'],
    ['has no file', Object.assign(new Error('x'), { code: 'ENOENT' }), 'access-denied', 'ENOENT'],
    ['throws no error', 'text', 'access-denied', undefined],
    ['throws nothing', undefined, 'access-denied', undefined],
  ])('that %s is on the side of KKP', async (_what, failing: unknown, code, providerCode) => {
    const source = new Source();
    source.failing = failing;
    const error = await refusal(source.get());
    expect(error).toMatchObject({ code, side: 'proxy' });
    expect(error.providerCode).toBe(providerCode);
    expect(error.cause).toBeUndefined();
  });

  it('that throws before it promises is no worse', async () => {
    const tokens = new Tokens(
      {
        getAccessToken: () => {
          throw new Error('at once');
        },
      },
      { now: () => Date.now() },
    );
    expect(await refusal(tokens.get())).toMatchObject({ code: 'access-denied', side: 'proxy' });
  });

  it('that fails is asked again by the next call', async () => {
    const source = new Source();
    source.failing = new Error('down');
    await refusal(source.get());
    source.failing = WORKS;
    expect(await source.get()).toBe('t2');
  });
});

describe('a backend', () => {
  it('waits for a token no longer than its call, and sends nothing afterwards', async () => {
    const kms = await FakeKms.start();
    const keyId = kms.createKey();
    let give: (token: AccessToken) => void = () => undefined;
    let fetch = () => Promise.resolve({ token: TOKEN, expiresAt: Date.now() + HOUR });
    const { host, advance } = movableHost();
    const backend = await open(kms, { host, credential: { getAccessToken: () => fetch() } });
    fetch = () => new Promise((resolve) => (give = resolve));
    advance(HOUR);
    const told = refusal(wrap(backend, keyId, call({ withinMs: HOUR + 30 })));
    expect(await within(130, told)).toMatchObject({ code: 'unavailable' });
    give({ token: TOKEN, expiresAt: Date.now() + 2 * HOUR });
    await settled();
    await wrap(backend, keyId, call({ withinMs: HOUR + 10_000 }));
    expect(kms.seen).toHaveLength(1);
    await kms.stop();
  });

  it('does not open without a token', async () => {
    const kms = await FakeKms.start();
    const credential = { getAccessToken: () => Promise.reject(new Error('secret')) };
    const error = await refusal(create(kms, { credential }).open(call()));
    expect(error).toMatchObject({ code: 'access-denied', side: 'proxy' });
    expect(JSON.stringify([error, error.message, error.cause])).not.toContain('secret');
    await kms.stop();
  });

  it('bills the project that the token names', async () => {
    const kms = await FakeKms.start();
    const token = { token: TOKEN, expiresAt: Date.now() + HOUR, quotaProject: 'payer' };
    const backend = await open(kms, { credential: { getAccessToken: () => Promise.resolve(token) } });
    await wrap(backend, kms.createKey());
    expect(kms.seen[0]?.headers['x-goog-user-project']).toBe('payer');
    await kms.stop();
  });

  it('gets a new token after Cloud KMS has refused an old one', async () => {
    const kms = await FakeKms.start();
    const keyId = kms.createKey();
    let given = 0;
    const { host, advance } = movableHost();
    const credential = {
      getAccessToken: () => Promise.resolve({ token: `t${++given}`, expiresAt: Date.now() + HOUR }),
    };
    kms.takes = (token) => token === `t${given}`;
    const backend = await open(kms, { credential, host });
    await wrap(backend, keyId);
    kms.takes = (token) => token === 't2';
    advance(10_000);
    const at = () => call({ withinMs: 20_000 });
    expect(await refusal(wrap(backend, keyId, at()))).toMatchObject({ code: 'access-denied', side: 'proxy' });
    await wrap(backend, keyId, at());
    await kms.stop();
  });
});
