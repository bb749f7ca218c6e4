import { FakeKms } from './fake/server.js';
import { call, errorOf, open, type Connection } from './support/connection.js';

const MINUTE = 60_000;

let service: FakeKms;
let connection: Connection;

beforeEach(async () => {
  service = await new FakeKms().start();
  connection = await open(service);
});
afterEach(async () => {
  await connection.backend.close();
  await service.stop();
});

const sent = () => service.requests.map(({ operation }) => operation);
const dataKey = (keyId: string) => connection.backend.generateDataKey({ keyId, bytes: 32 }, call());
const unwrap = (keyId: string, wrapped: Awaited<ReturnType<typeof dataKey>>['wrapped']) =>
  connection.backend.unwrapKey({ keyId, wrapped }, call());

describe.each(['alias/orders', 'arn:aws:kms:eu-west-1:111122223333:alias/orders'])(
  'the alias %s',
  (alias) => {
    it('is resolved once in a minute, and never sent with a request that uses the key', async () => {
      const key = service.keys.create();
      service.keys.setAlias('alias/orders', key);
      const { wrapped } = await dataKey(alias);
      expect(wrapped.key.keyId).toBe(key.arn);
      await unwrap(alias, wrapped);
      expect(sent()).toEqual(['DescribeKey', 'GenerateDataKey', 'Decrypt']);
      expect(service.requests.map(({ body }) => body.KeyId)).toEqual([alias, key.arn, key.arn]);

      connection.later(MINUTE);
      await dataKey(alias);
      expect(sent().slice(3)).toEqual(['DescribeKey', 'GenerateDataKey']);
    });

    it('that moves stands for its new key after a minute, or once it was described', async () => {
      const [before, after] = [service.keys.create(), service.keys.create()];
      service.keys.setAlias('alias/orders', before);
      await dataKey(alias);
      service.keys.setAlias('alias/orders', after);
      expect((await dataKey(alias)).key.keyId).toBe(before.arn);
      expect((await connection.backend.describeKey(alias, call())).key.keyId).toBe(after.arn);
      expect((await dataKey(alias)).key.keyId).toBe(after.arn);

      service.keys.setAlias('alias/orders', before);
      connection.later(MINUTE);
      expect((await dataKey(alias)).key.keyId).toBe(before.arn);
    });

    it('opens nothing of another key', async () => {
      service.keys.setAlias('alias/orders', service.keys.create());
      const { wrapped } = await dataKey(service.keys.create().arn);
      expect((await errorOf(unwrap(alias, wrapped))).code).toBe('invalid-ciphertext');
    });
  },
);

describe('a multi-Region key', () => {
  it('counts in each Region as a key of its own', async () => {
    const key = service.keys.create({ multiRegion: true });
    const abroad = key.arn.replace('eu-west-1', 'us-east-1');
    const { wrapped } = await dataKey(key.id);
    expect(wrapped.key.keyId).toBe(key.arn);
    expect((await errorOf(unwrap(abroad, wrapped))).code).toBe('not-found');
  });

  it('counts as one key where that is allowed: the replica at home is asked', async () => {
    const us = await new FakeKms('us-east-1').start();
    const there = await open(us, { region: 'us-east-1', allowMultiRegion: true });
    const key = service.keys.create({ multiRegion: true });
    const replica = us.keys.replicate(key);
    const { plaintext, wrapped } = await dataKey(key.arn);
    const opened = await there.backend.unwrapKey({ keyId: key.arn, wrapped }, call());
    expect(opened).toMatchObject({ plaintext, key: { keyId: replica.arn } });
    expect((await there.backend.describeKey(key.arn, call())).key.keyId).toBe(replica.arn);
    expect(us.requests.map(({ body }) => body.KeyId)).toEqual([replica.arn, replica.arn, replica.arn]);
    await there.backend.close();
    await us.stop();
  });

  it('is the only kind that does', async () => {
    const there = await open(service, { allowMultiRegion: true });
    const key = service.keys.create();
    const abroad = key.arn.replace('eu-west-1', 'us-east-1');
    const attempt = there.backend.generateDataKey({ keyId: abroad, bytes: 32 }, call());
    expect((await errorOf(attempt)).code).toBe('not-found');
    expect(service.requests[0]?.body.KeyId).toBe(abroad);
    await there.backend.close();
  });
});

describe('whether a blob is stale', () => {
  it('takes one look at the key in five minutes, when nothing else told its current material', async () => {
    const key = service.keys.create();
    const { wrapped } = await dataKey(key.arn);
    const fresh = await open(service);
    service.requests.length = 0;
    const unwrapFresh = () => fresh.backend.unwrapKey({ keyId: key.arn, wrapped }, call());
    expect((await unwrapFresh()).stale).toBe(false);
    expect((await unwrapFresh()).stale).toBe(false);
    expect(sent()).toEqual(['Decrypt', 'DescribeKey', 'Decrypt']);
    fresh.later(5 * MINUTE);
    service.keys.rotate(key.arn);
    expect((await unwrapFresh()).stale).toBe(true);
    expect((await unwrapFresh()).stale).toBe(true);
    expect(sent().slice(3)).toEqual(['Decrypt', 'DescribeKey', 'Decrypt']);
    await fresh.backend.close();
  });

  it.each(['generateDataKey', 'rewrap', 'describeKey'] as const)(
    'is known without a look after %s',
    async (name) => {
      const key = service.keys.create();
      const { wrapped } = await dataKey(key.arn);
      service.keys.rotate(key.arn);
      const { backend } = connection;
      if (name === 'generateDataKey') await dataKey(key.arn);
      if (name === 'rewrap') await backend.rewrap({ keyId: key.arn, wrapped, toKeyId: key.arn }, call());
      if (name === 'describeKey') await backend.describeKey(key.arn, call());
      service.requests.length = 0;
      expect((await unwrap(key.arn, wrapped)).stale).toBe(true);
      expect(sent()).toEqual(['Decrypt']);
    },
  );

  it('is not taken from what was known before a rotation elsewhere', async () => {
    const key = service.keys.create();
    const older = await dataKey(key.arn);
    const elsewhere = await open(service);
    service.keys.rotate(key.arn);
    const newer = await elsewhere.backend.generateDataKey({ keyId: key.arn, bytes: 32 }, call());
    expect((await unwrap(key.arn, newer.wrapped)).stale).toBe(false);
    expect((await unwrap(key.arn, older.wrapped)).stale).toBe(true);
    expect(sent().slice(2)).toEqual(['Decrypt', 'DescribeKey', 'Decrypt']);
    await elsewhere.backend.close();
  });

  it('is told rightly again when a look came before KMS had the rotation everywhere', async () => {
    const key = service.keys.create();
    const before = (await dataKey(key.arn)).key.version;
    service.keys.rotate(key.arn);
    const elsewhere = await open(service);
    const newer = await elsewhere.backend.generateDataKey({ keyId: key.arn, bytes: 32 }, call());
    const lagging = (answer: Record<string, unknown>) => ({
      KeyMetadata: { ...(answer.KeyMetadata as object), CurrentKeyMaterialId: before },
    });
    service.fail({ kind: 'delay', ms: 0 }, { kind: 'edit', edit: lagging });
    expect((await unwrap(key.arn, newer.wrapped)).stale).toBe(true);
    await dataKey(key.arn);
    expect((await unwrap(key.arn, newer.wrapped)).stale).toBe(false);
    await elsewhere.backend.close();
  });

  it('is left out, and not asked again for five minutes, where KKP may not describe the key', async () => {
    const key = service.keys.create();
    key.describable = false;
    const { wrapped, plaintext } = await dataKey(key.arn);
    const fresh = await open(service);
    service.requests.length = 0;
    const unwrapFresh = () => fresh.backend.unwrapKey({ keyId: key.arn, wrapped }, call());
    expect(await unwrapFresh()).toEqual({ plaintext, key: wrapped.key });
    expect(await unwrapFresh()).toEqual({ plaintext, key: wrapped.key });
    expect(sent()).toEqual(['Decrypt', 'DescribeKey', 'Decrypt']);
    await fresh.backend.close();
  });

  it('is not waited for beyond the deadline: the call fails', async () => {
    const key = service.keys.create();
    const { wrapped } = await dataKey(key.arn);
    const fresh = await open(service);
    service.fail({ kind: 'delay', ms: 0 }, { kind: 'hang' });
    const opening = fresh.backend.unwrapKey(
      { keyId: key.arn, wrapped },
      call({ deadline: Date.now() + 100 }),
    );
    expect(await errorOf(opening)).toMatchObject({ code: 'unavailable', side: 'proxy' });
    await fresh.backend.close();
  });
});

describe('what is remembered of keys', () => {
  it('is of a thousand aliases at most: the oldest is asked for again', async () => {
    const key = service.keys.create();
    const aliases = Array.from({ length: 1001 }, (_, index) => `alias/a${index}`);
    for (const alias of aliases) service.keys.setAlias(alias, key);
    for (const alias of aliases) await connection.backend.describeKey(alias, call());
    service.requests.length = 0;
    await dataKey('alias/a1');
    expect(sent()).toEqual(['GenerateDataKey']);
    await dataKey('alias/a0');
    expect(sent()).toEqual(['GenerateDataKey', 'DescribeKey', 'GenerateDataKey']);
  });
});
