import { KkpMetrics } from '../../src/metrics.js';
import { CountedCalls } from '../support/counting-backends.js';
import { rawRequest, sendRaw } from '../support/raw-http.js';
import { emulations, startServer, type TestServer } from '../support/server.js';
import { requestFor } from './ask-route.js';
import { GAPS } from './router-gaps.js';
import { badges, GUARDED } from './route-matrix.js';
import { SPELLINGS } from './router-spellings.js';

const kms = new CountedCalls(emulations());
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ backends: kms.backends, overrides: { callers: [badges] } });
});
afterAll(() => server.close());
beforeEach(() => (kms.count = 0));

/** How often the policy was asked so far: once for each operation that got as far. */
async function decisions(): Promise<number> {
  const { registry } = server.app.get(KkpMetrics, { strict: false });
  const { values } = await registry.getSingleMetric('kkp_policy_decisions_total')!.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}

/** Statuses of all answers to the bytes; each refusal must be one document of `media`. */
async function statusesOf(bytes: string, media: RegExp): Promise<number[]> {
  const answers = (await sendRaw(server.url, bytes)).split(/(?=HTTP\/1\.1 \d{3} )/);
  return answers.map((answer) => {
    const status = Number(answer.slice(9, 12));
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    if (status < 400) return status;
    expect(/^content-type: (.*)$/im.exec(head)?.[1]).toMatch(media);
    expect(head).toMatch(/^cache-control: no-store$/im);
    if (!bytes.startsWith('HEAD ')) expect(typeof JSON.parse(body).error).toBe('string');
    return status;
  });
}

const PROBLEM = /^application\/problem\+json(; charset=utf-8)?$/;
const ANY_FACE = /^application\/(problem\+)?json(; charset=utf-8)?$/;

describe('a request of somebody who is not known', () => {
  it('would be performed, and counted, if its sender were known', async () => {
    const [, encrypt] = GAPS[0]!;
    const known = encrypt.replace('Host: x', 'Host: x\r\nX-Badge: admin');
    expect(await statusesOf(known, PROBLEM)).toEqual([200]);
    expect(await decisions()).toBe(1);
    expect(kms.count).toBeGreaterThan(0);
  });

  it('is there in more than a hundred forms', () => {
    expect(GAPS.length).toBeGreaterThan(65);
    expect(SPELLINGS.length).toBe(40);
  });

  it.each(GAPS)('is not performed: %s', async (_name, bytes, statuses) => {
    const before = await decisions();
    expect(await statusesOf(bytes, PROBLEM)).toEqual(statuses);
    expect([await decisions(), kms.count]).toEqual([before, 0]);
  });

  it.each(SPELLINGS)('is performed on no route whose path is spelled %s', async (_name, spell, status) => {
    const envelope = { backend: 'aws', key_id: 'k', ciphertext: 'AA', nonce: 'AA', encrypted_data_key: 'AA' };
    const before = await decisions();
    for (const [name, route] of GUARDED) {
      const { method, path, headers, body } = requestFor(name, route, { envelope });
      const type = `Content-Type: ${headers['content-type']}`;
      const bytes = rawRequest(method, spell(path), body, ['Host: x', 'Connection: close', type]);
      // A batch of what a token may stand for is taken, and each of its items refused.
      const taken = status === 401 && /(decrypt|rewrap)\/batch/.test(name);
      expect([name, await statusesOf(bytes, ANY_FACE)]).toEqual([name, [taken ? 200 : status]]);
    }
    expect([await decisions(), kms.count]).toEqual([before, 0]);
  });
});
