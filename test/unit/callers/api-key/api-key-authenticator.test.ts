import { createHmac } from 'node:crypto';
import { apiKey, makeKey, type ApiKeyEntry } from '../../../../src/callers/index.js';
import { systemRandom } from '../../../../src/random.js';

const NOW = Date.parse('2027-01-01T00:00:00Z');
const made = makeKey(systemRandom);
const { key } = made;
const entry = { id: made.id, name: 'ci', hash: made.hash };

const authenticate = (rawHeaders: string[], more: Partial<ApiKeyEntry> = {}, now = NOW) =>
  apiKey({ keys: [{ ...entry, ...more }] }, { now: () => now }).authenticate({
    method: 'POST',
    url: '/token',
    headers: {},
    rawHeaders,
    remoteAddress: '127.0.0.1',
  });
const show = (text: string, more?: Partial<ApiKeyEntry>, now?: number) =>
  authenticate(['Host', 'kkp', 'X-API-Key', text], more, now);

const INVALID = { code: 'unauthenticated', detail: 'The API key is not valid.' };

/** `text` with the character at `at` replaced. */
const altered = (text: string, at: number): string =>
  text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);

describe('an API key', () => {
  it('tells the caller by its name, with scopes and attributes', async () => {
    expect(await show(key)).toEqual({ kind: 'api_key', id: 'ci', scopes: [], attributes: {} });
    const more = { scopes: ['kkp:issue'], attributes: { team: 'blue', level: 3 } };
    expect(await show(key, more)).toEqual({ kind: 'api_key', id: 'ci', ...more });
  });

  it('is one of 256 random bits, each time another', () => {
    const keys = Array.from({ length: 100 }, () => makeKey(systemRandom));
    for (const part of ['key', 'id', 'hash'] as const)
      expect(new Set(keys.map((one) => one[part])).size).toBe(100);
    for (const one of keys) expect(Buffer.from(one.key.slice(21), 'base64url')).toHaveLength(32);
  });

  it('is not in its hash, and neither is its secret', () => {
    expect(made.hash).not.toContain(key.slice(21));
    expect(made.hash).toMatch(/^hmac-sha256:[\w-]{22}:[\w-]{43}$/);
  });

  it('is kept as the HMAC-SHA-256 of all of it under its salt', async () => {
    const [whole, salt] = [`kkp_${'0'.repeat(16)}_${'A'.repeat(43)}`, Buffer.alloc(16, 1)];
    const mac = createHmac('sha256', salt).update(whole).digest('base64url');
    const hash = `hmac-sha256:${salt.toString('base64url')}:${mac}`;
    expect(await show(whole, { id: '0'.repeat(16), hash })).toMatchObject({ id: 'ci' });
  });

  it('is refused with any one of its characters altered', async () => {
    for (let at = 0; at < key.length; at++) {
      await expect(show(altered(key, at))).rejects.toMatchObject(INVALID);
    }
  });

  it.each([
    ['an empty one', ''],
    ['one without its secret', key.slice(0, 21)],
    ['one cut short', key.slice(0, -1)],
    ['one with something after it', `${key}=`],
    ['one with a space before it', ` ${key}`],
    ['two in one header', `${key}, ${key}`],
    ['one in capitals', key.toUpperCase()],
    ['one with another prefix', `abc${key.slice(3)}`],
    ['its hash', made.hash],
    ['its id', made.id],
    ['a very long one', `kkp_${'a'.repeat(15_000)}`],
  ])('is refused: %s', async (_name, text) => {
    await expect(show(text)).rejects.toMatchObject(INVALID);
  });

  it('is refused when another key has the id', async () => {
    const other = makeKey(systemRandom);
    await expect(show(key, { hash: other.hash })).rejects.toMatchObject(INVALID);
    await expect(show(other.key)).rejects.toMatchObject(INVALID);
  });

  it('is refused with the id of one key and the secret of another', async () => {
    const other = makeKey(systemRandom);
    await expect(show(`kkp_${made.id}_${other.key.slice(21)}`)).rejects.toMatchObject(INVALID);
    await expect(show(key, { id: other.id })).rejects.toMatchObject(INVALID);
    await expect(show(`kkp_${other.id}_${key.slice(21)}`, { id: other.id })).rejects.toMatchObject(INVALID);
  });

  it('ends at its time, to the millisecond, and a wrong key does not learn of it', async () => {
    const more = { expires_at: '2027-01-01T01:00:00+01:00' };
    expect(await show(key, more, NOW - 1)).toMatchObject({ id: 'ci' });
    const expired = { code: 'unauthenticated', detail: 'The API key has expired.' };
    await expect(show(key, more, NOW)).rejects.toMatchObject(expired);
    await expect(show(altered(key, 30), more, NOW)).rejects.toMatchObject(INVALID);
  });

  it('is not looked for anywhere but in X-API-Key', async () => {
    expect(await authenticate([])).toBeUndefined();
    expect(
      await authenticate(['Authorization', `ApiKey ${key}`, 'X-Api-Key2', key, 'Cookie', key]),
    ).toBeUndefined();
    expect(await authenticate(['X-Comment', 'X-API-Key', key, 'x'])).toBeUndefined();
  });

  it('is found however the header is written', async () => {
    expect(await authenticate(['x-ApI-kEy', key])).toMatchObject({ id: 'ci' });
  });

  it.each([
    ['the same', key],
    ['another', makeKey(systemRandom).key],
    ['an empty one', ''],
  ])('is refused beside a second header with %s', async (_name, text) => {
    for (const both of [
      [key, text],
      [text, key],
    ]) {
      const headers = both.flatMap((one) => ['X-API-Key', one]);
      await expect(authenticate(headers)).rejects.toMatchObject({ code: 'invalid_request' });
    }
  });
});
