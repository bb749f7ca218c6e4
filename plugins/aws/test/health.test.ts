import { FakeKms } from './fake/server.js';
import type { Fault } from './fake/faults.js';
import { call, errorOf, open } from './support/connection.js';

const service = await new FakeKms().start();
const key = service.keys.create();
afterAll(() => service.stop());
beforeEach(() => void (service.requests.length = 0));

const failure = (type: 'AccessDeniedException' | 'ThrottlingException' | 'KMSInternalException'): Fault => ({
  kind: 'failure',
  type,
});

async function health(options: { healthKeyId?: string } = {}, ...faults: Fault[]) {
  const { backend } = await open(service, options);
  service.fail(...faults);
  try {
    const { status, detail } = await backend.health(call());
    return detail === undefined ? status : `${status}, ${detail}`;
  } finally {
    await backend.close();
  }
}

describe('the health of aws, with a health key', () => {
  const withKey = (...faults: Fault[]) => health({ healthKeyId: key.arn }, ...faults);

  it('is up when KMS would encrypt with it; nothing is encrypted', async () => {
    expect(await withKey()).toBe('up');
    expect(service.requests.map(({ operation, body }) => [operation, body.DryRun])).toEqual([
      ['Encrypt', true],
    ]);
  });

  it('is up also where a dry run is not known', async () => {
    expect(await withKey({ kind: 'edit', edit: (answer) => answer })).toBe('up');
  });

  it.each<[Fault, string]>([
    [failure('AccessDeniedException'), 'down, access-denied'],
    [failure('ThrottlingException'), 'degraded, throttled'],
    [failure('KMSInternalException'), 'down, unavailable'],
    [{ kind: 'reset' }, 'down, unavailable'],
    [{ kind: 'answer', status: 412, body: '{"__type":"OtherException"}' }, 'down, invalid-request'],
  ])('after %j is %s', async (fault, told) => {
    expect(await withKey(fault)).toBe(told);
    expect(service.requests).toHaveLength(1);
  });

  it('is down when the key is disabled', async () => {
    const disabled = service.keys.create();
    disabled.state = 'Disabled';
    expect(await health({ healthKeyId: disabled.id })).toBe('down, disabled-key');
  });

  it('sends the grant tokens of the configuration', async () => {
    const granted = service.keys.create();
    granted.grantToken = 'grant-1';
    const { backend } = await open(service, { healthKeyId: granted.arn, grantTokens: ['grant-1'] });
    expect((await backend.health(call())).status).toBe('up');
    await backend.close();
  });
});

describe('the health of aws, without a health key', () => {
  it('is up when KMS answers', async () => {
    expect(await health()).toBe('up');
    expect(service.requests.map(({ operation }) => operation)).toEqual(['ListKeys']);
  });

  it.each<[Fault, string]>([
    [failure('AccessDeniedException'), 'up'],
    [failure('ThrottlingException'), 'degraded, throttled'],
    [failure('KMSInternalException'), 'down, unavailable'],
    [{ kind: 'failure', type: 'ExpiredTokenException' }, 'down, access-denied'],
    [{ kind: 'failure', type: 'UnrecognizedClientException' }, 'down, access-denied'],
    [{ kind: 'cut' }, 'down, unavailable'],
  ])('after %j is %s', async (fault, told) => {
    expect(await health({}, fault)).toBe(told);
  });

  it('is not told when the call ends before KMS answers', async () => {
    const { backend } = await open(service);
    service.fail({ kind: 'hang' });
    const attempt = backend.health(call({ deadline: Date.now() + 50 }));
    expect(await errorOf(attempt)).toMatchObject({ code: 'unavailable', side: 'proxy' });
    await backend.close();
  });
});
