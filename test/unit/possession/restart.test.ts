import { createPossession, type ProofStore } from '../../../src/possession/index.js';
import { proofMaker, type ProofMaker } from '../../support/dpop.js';
import { NOW } from '../tokens/fixtures.js';
import { requestWith, URL_HERE } from './fixtures.js';

const TOO_OLD = {
  code: 'invalid_dpop_proof',
  detail: 'The proof may have been used before KKP started: make a new one.',
};

let maker: ProofMaker;
beforeAll(async () => {
  maker = await proofMaker();
});

const proofOf = async (iat: number) => requestWith([await maker.prove({ htm: 'POST', htu: URL_HERE, iat })]);

/** As a process that began then, in Unix seconds; its clock stands at `NOW`. */
const startAt = (begun: number, store?: ProofStore) =>
  createPossession(store === undefined ? {} : { dpop: { store } }, {
    now: () => NOW * 1000,
    begun: begun * 1000,
  });

describe('a proof of before the process began, which an earlier one may have accepted', () => {
  it('is refused when it was used there, and when nobody can tell', async () => {
    const request = await proofOf(NOW - 10);
    expect(await startAt(NOW - 20).shownBy(request)).toHaveProperty('proof');
    await expect(startAt(NOW - 5).shownBy(request)).rejects.toMatchObject(TOO_OLD);
    await expect(startAt(NOW - 5).shownBy(await proofOf(NOW - 6))).rejects.toMatchObject(TOO_OLD);
  });

  it.each([0.001, 0.5, 0.999, 1])('is refused when it is of the same second, %s s into it', async (part) => {
    const possession = startAt(NOW - 10 + part);
    await expect(possession.shownBy(await proofOf(NOW - 10))).rejects.toMatchObject(TOO_OLD);
    expect(await possession.shownBy(await proofOf(NOW - 9))).toHaveProperty('proof');
  });

  it('is refused for good when the clock is set back to before the start', async () => {
    let now = NOW;
    const possession = createPossession({}, { now: () => now * 1000, begun: NOW * 1000 });
    now -= 30;
    await expect(possession.shownBy(await proofOf(now))).rejects.toMatchObject(TOO_OLD);
  });

  it('is refused by a clock that does not know when its process began: from when it was asked first', async () => {
    const possession = createPossession({}, { now: () => NOW * 1000 });
    await expect(possession.shownBy(await proofOf(NOW - 1))).rejects.toMatchObject(TOO_OLD);
    expect(await possession.shownBy(await proofOf(NOW))).toHaveProperty('proof');
  });

  it('is accepted with a store that outlives the process, once', async () => {
    const used = new Set<string>();
    const store: ProofStore = {
      use: (id) => Promise.resolve(used.size < used.add(id).size ? 'fresh' : 'used'),
    };
    const request = await proofOf(NOW - 10);
    expect(await startAt(NOW - 5, store).shownBy(request)).toHaveProperty('proof');
    await expect(startAt(NOW, store).shownBy(request)).rejects.toMatchObject({
      code: 'invalid_dpop_proof',
      detail: 'The proof was used before: make a new one for each request.',
    });
  });
});

describe('a proof of after the process began', () => {
  it('is accepted, also from the second in which it began', async () => {
    const possession = startAt(NOW - 10);
    for (const iat of [NOW - 10, NOW - 1, NOW, NOW + 5]) {
      expect(await possession.shownBy(await proofOf(iat))).toHaveProperty('proof');
    }
  });
});
