import { ENVELOPE_ERROR, fiveBackends, openService, PLAINTEXT, publicError } from './setup.js';
import { cuts, flips, MEMBERS, outcomes } from './spoil.js';

const NAMES = ['aws', 'gcp', 'azure', 'direct', 'sealed'];

describe.each(NAMES)('an envelope of %s', (backend) => {
  it.each(MEMBERS)('with any one bit of its %s flipped is refused, always the same', async (member) => {
    const { encrypt, decrypt } = await openService(...fiveBackends());
    const envelope = await encrypt(backend, 'orders', { associatedData: 'order-1' });
    const changed = flips(envelope, member);
    expect(await outcomes(changed, decrypt)).toEqual([[JSON.stringify(ENVELOPE_ERROR), changed.length]]);
  });

  it.each(MEMBERS)('with its %s cut anywhere is refused, always the same', async (member) => {
    const { encrypt, decrypt } = await openService(...fiveBackends());
    const envelope = await encrypt(backend, 'orders');
    const cut = cuts(envelope, member);
    expect(await outcomes(cut, decrypt)).toEqual([[JSON.stringify(ENVELOPE_ERROR), cut.length]]);
  });

  it.each(MEMBERS)('with the %s of another message under the same key is refused', async (member) => {
    const { encrypt, decrypt } = await openService(...fiveBackends());
    const [one, other] = [await encrypt(backend, 'orders'), await encrypt(backend, 'orders')];
    expect(await publicError(decrypt({ ...one, [member]: other[member] }))).toEqual(ENVELOPE_ERROR);
  });

  it.each([
    ['absent', undefined, ''],
    ['empty', '', undefined],
    ['given', 'order-1', undefined],
    ['given', 'order-1', ''],
    ['given', 'order-1', 'order-2'],
    ['given', 'order-1', 'order-1 '],
    ['given', 'caf\u00e9', 'cafe\u0301'],
    ['absent', undefined, 'order-1'],
  ])('with associated data %s (%j) does not open with %j', async (_what, bound, claimed) => {
    const { encrypt, decrypt } = await openService(...fiveBackends());
    const envelope = await encrypt(backend, 'orders', bound === undefined ? {} : { associatedData: bound });
    const { ciphertext, nonce, encrypted_data_key } = envelope;
    const bare = { backend, key_id: 'orders', ciphertext, nonce, encrypted_data_key };
    const other = claimed === undefined ? bare : { ...bare, associated_data: claimed };
    expect(await publicError(decrypt(other))).toEqual(ENVELOPE_ERROR);
  });
});

describe('envelopes of five backends and ten keys each', () => {
  const KEYS = ['orders', 'Orders', 'order', 'orders2', 'orders-2', 'invoices', 'o', 'O', 'o1', 'o10'];
  const places = NAMES.flatMap((backend) => KEYS.map((keyId) => ({ backend, keyId })));
  const call = { requestId: 'cross' };

  it('open for their own backend and key, and for no other, whatever they claim to be', async () => {
    const { encrypt, service } = await openService(...fiveBackends());
    const made = await Promise.all(places.map(({ backend, keyId }) => encrypt(backend, keyId)));
    const refusals = new Map<string, number>();
    const opened: number[] = [];
    for (const [index, envelope] of made.entries()) {
      for (const [at, grant] of places.entries()) {
        const relabelled = { ...envelope, backend: grant.backend, key_id: grant.keyId };
        const decrypting = service.decrypt({ grant, envelope: relabelled }, call);
        if (at === index) {
          if ((await decrypting).equals(PLAINTEXT)) opened.push(index);
          continue;
        }
        const outcome = JSON.stringify(await publicError(decrypting));
        refusals.set(outcome, (refusals.get(outcome) ?? 0) + 1);
      }
    }
    expect([...refusals]).toEqual([[JSON.stringify(ENVELOPE_ERROR), 50 * 49]]);
    expect(opened).toHaveLength(50);
  });
});
