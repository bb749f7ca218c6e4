import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CALL } from '../unit/backends/setup.js';
import { BACKENDS, KEY_ID, vectorService } from './envelopes/accepts.js';
import { openByHand } from './envelopes/by-hand.js';
import type { AcceptVector, RejectVector } from './envelopes/types.js';
import { formatEnvelopeVectors, makeEnvelopeVectors } from './make-envelope-vectors.js';

const path = fileURLToPath(new URL('envelopes.json', import.meta.url));
const made = await makeEnvelopeVectors();
const text = formatEnvelopeVectors(made);
if (process.env.UPDATE_VECTORS === '1') writeFileSync(path, text);

const file = JSON.parse(readFileSync(path, 'utf8')) as typeof made;
const accepts = file.cases.filter((vector): vector is AcceptVector => vector.verdict === 'accept');
const rejects = file.cases.filter((vector): vector is RejectVector => vector.verdict === 'reject');
const modeOf = (backend: string) => (backend === BACKENDS.direct.name ? 'direct' : 'sealed');

describe('envelopes.json', () => {
  it('is what its generator makes', () => {
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('names each case once', () => {
    const names = file.cases.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('has at least 12 envelopes that open and 60 that do not, all different', () => {
    expect(accepts.length).toBeGreaterThanOrEqual(12);
    expect(rejects.length).toBeGreaterThanOrEqual(60);
    const envelopes = file.cases.map(({ envelope }) => JSON.stringify(envelope));
    expect(new Set(envelopes).size).toBe(envelopes.length);
  });
});

describe('an envelope that opens', () => {
  it.each(accepts)('$name: opens to its plaintext', async ({ name, envelope, plaintext, mode }) => {
    const { service } = await vectorService(mode, `open ${name}`);
    const grant = { backend: envelope.backend, keyId: KEY_ID };
    expect((await service.decrypt({ grant, envelope }, CALL)).toString('hex')).toBe(plaintext);
  });

  it.each(accepts)('$name: is what an independent reading of the format says', (vector) => {
    const kek = file.keys.find(({ backend }) => backend === vector.envelope.backend)!.kek;
    const byHand = openByHand(vector, Buffer.from(kek, 'hex'));
    expect(byHand).toMatchObject({
      format: 1,
      mode: vector.mode,
      dataKey: vector.data_key,
      innerKey: vector.inner_key ?? vector.data_key,
      plaintext: vector.plaintext,
    });
    expect(byHand.storedCommitment).toBe(byHand.commitment);
  });
});

describe('an envelope that does not open', () => {
  it.each(rejects)('$name', async ({ name, envelope }) => {
    const { service } = await vectorService(modeOf(envelope.backend), `open ${name}`);
    const grant = { backend: envelope.backend, keyId: KEY_ID };
    await expect(service.decrypt({ grant, envelope }, CALL)).rejects.toMatchObject({
      code: 'envelope_error',
      detail: 'The envelope cannot be opened: it was changed, or belongs to another key or context.',
      retryAfterSeconds: undefined,
    });
  });
});
