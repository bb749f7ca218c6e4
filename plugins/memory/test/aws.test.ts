import { bindAad } from 'kkp-plugin-kit/testkit';
import { call, openMemory, refusal } from './support/connection.js';

const UUID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const MRK = `mrk-${'0123456789abcdef'.repeat(2)}`;
const HOME = 'arn:aws:kms:us-east-1:000000000000';

describe('memory as aws', () => {
  it.each([
    [UUID, `${HOME}:key/${UUID}`],
    [MRK, `${HOME}:key/${MRK}`],
    [
      `arn:aws-cn:kms:cn-north-1:111122223333:key/${UUID}`,
      `arn:aws-cn:kms:cn-north-1:111122223333:key/${UUID}`,
    ],
    [`arn:aws:kms:eu-west-1:111122223333:key/${MRK}`, `arn:aws:kms:eu-west-1:111122223333:key/${MRK}`],
    ['test-key', 'test-key'],
    ['team/orders:v1.2@eu', 'team/orders:v1.2@eu'],
  ])('takes the key id %s and answers with %s', async (keyId, canonical) => {
    const aws = await openMemory({ emulates: 'aws' });
    expect((await aws.wrap(keyId)).key.keyId).toBe(canonical);
  });

  it('answers an alias with the ARN of one key, and opens under either', async () => {
    const aws = await openMemory({ emulates: 'aws' });
    const wrapped = await aws.wrap('alias/orders');
    expect(wrapped.key.keyId).toMatch(/^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f-]{36}$/);
    expect((await aws.wrap(`${HOME}:alias/orders`)).key.keyId).toBe(wrapped.key.keyId);
    expect(await refusal(aws.unwrap(wrapped.key.keyId, wrapped))).toBe('none');
  });

  it.each([
    ['an alias without a name', 'alias/'],
    ['an alias with a blank', 'alias/my key'],
    ['an ARN of another service', `arn:aws:s3:us-east-1:111122223333:key/${UUID}`],
    ['an ARN with a short account', `arn:aws:kms:us-east-1:1111:key/${UUID}`],
    ['an ARN of no key', 'arn:aws:kms:us-east-1:111122223333:key/orders'],
    ['a multi-Region id that is cut', 'mrk-0123'],
    ['nothing', ''],
    ['a blank', ' '],
    ['a line break at the end', 'orders\n'],
    ['257 characters', 'k'.repeat(257)],
  ])('refuses %s as key id', async (_, keyId) => {
    const aws = await openMemory({ emulates: 'aws' });
    expect(await refusal(aws.wrap(keyId))).toBe('invalid-request InvalidArnException');
  });

  it('says which refusal it is, as KMS does', async () => {
    const aws = await openMemory({ emulates: 'aws', createKeys: false, keys: ['one', 'two'] });
    expect(await refusal(aws.wrap('absent'))).toBe('not-found NotFoundException');
    expect(await refusal(aws.wrap('one', { plaintext: new Uint8Array(4097) }))).toBe(
      'invalid-request ValidationException',
    );
    expect(await refusal(aws.wrap('one', { plaintext: new Uint8Array() }))).toBe(
      'invalid-request ValidationException',
    );
    const wrapped = await aws.wrap('one');
    expect(await refusal(aws.unwrap('two', wrapped))).toBe('invalid-ciphertext IncorrectKeyException');
    const cut = { ...wrapped, blob: wrapped.blob.slice(0, -1) };
    expect(await refusal(aws.unwrap('one', cut))).toBe('invalid-ciphertext InvalidCiphertextException');
    aws.plugin.admin.disable('one');
    expect(await refusal(aws.unwrap('one', wrapped))).toBe('disabled-key DisabledException');
    aws.plugin.admin.enable('one');
    expect(await refusal(aws.unwrap('one', wrapped))).toBe('none');
    aws.plugin.admin.delete('one');
    expect(await refusal(aws.unwrap('one', wrapped))).toBe('disabled-key KMSInvalidStateException');
    expect((await aws.describe('one')).state).toBe('pending-deletion');
  });

  it('binds the context as a map: an empty one is none', async () => {
    const aws = await openMemory({ emulates: 'aws' });
    const wrapped = await aws.wrap('one', { aad: bindAad({}) });
    expect(await refusal(aws.unwrap('one', wrapped))).toBe('none');
    expect(await refusal(aws.unwrap('one', wrapped, bindAad({ a: '' })))).toMatch('invalid-ciphertext');
  });

  it('labels a version so that no order shows', async () => {
    const aws = await openMemory({ emulates: 'aws', keys: ['one'] });
    expect((await aws.describe('one')).key.version).toMatch(/^[0-9a-f]{64}$/);
  });

  it('tells the version in the answers of KMS that have it: not in that of Encrypt', async () => {
    const aws = await openMemory({ emulates: 'aws', keys: ['one'] });
    const { key: current } = await aws.describe('one');
    const wrapped = await aws.wrap('one');
    expect(wrapped.key).toEqual({ keyId: 'one' });
    expect((await aws.unwrap('one', wrapped)).key).toEqual(current);
    const made = await aws.backend.generateDataKey?.({ keyId: 'one', bytes: 32 }, call());
    expect(made?.wrapped.key).toEqual(current);
    const moved = await aws.backend.rewrap?.({ keyId: 'one', wrapped, toKeyId: 'one' }, call());
    expect(moved?.key).toEqual(current);
  });
});
