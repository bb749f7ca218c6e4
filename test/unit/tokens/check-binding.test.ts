import type { Asker } from '../../../src/access/index.js';
import { ANONYMOUS } from '../../../src/callers/index.js';
import { checkBinding } from '../../../src/tokens/index.js';
import { athOf } from '../../support/dpop.js';
import { CLAIMS } from './fixtures.js';

const TOKEN = 'the.token.itself';
const KEY = 'k'.repeat(43);
const CERTIFICATE = 'c'.repeat(43);
const OTHER = 'o'.repeat(43);
const FREE = CLAIMS;
const OF_KEY = { ...CLAIMS, cnf: { jkt: KEY } };
const OF_CERTIFICATE = { ...CLAIMS, cnf: { 'x5t#S256': CERTIFICATE } };
const PROOF = { jkt: KEY, ath: athOf(TOKEN) };

type Case = [string, typeof CLAIMS, Omit<Asker, 'caller'>];
const check = (claims: typeof CLAIMS, shown: Omit<Asker, 'caller'>) => () =>
  checkBinding(claims, { caller: ANONYMOUS, ...shown }, 'decrypt', TOKEN);

const ACCEPTED: Case[] = [
  ['an unbound token in the body', FREE, {}],
  ['an unbound token as Bearer', FREE, { token: TOKEN, scheme: 'bearer' }],
  ['an unbound token over a connection of some client', FREE, { certificateThumbprint: OTHER }],
  ['a token of a key in the body, with its proof', OF_KEY, { proof: PROOF }],
  ['a token of a key as DPoP, with its proof', OF_KEY, { token: TOKEN, scheme: 'dpop', proof: PROOF }],
  ['a token of a certificate in the body', OF_CERTIFICATE, { certificateThumbprint: CERTIFICATE }],
  [
    'a token of a certificate as Bearer',
    OF_CERTIFICATE,
    { token: TOKEN, scheme: 'bearer', certificateThumbprint: CERTIFICATE },
  ],
];

const REFUSED: [...Case, string][] = [
  ['a token of a key alone', OF_KEY, {}, 'unproven_token'],
  ['a token of a key as Bearer', OF_KEY, { token: TOKEN, scheme: 'bearer' }, 'unproven_token'],
  [
    'a token of a key as Bearer, although its proof is there',
    OF_KEY,
    { token: TOKEN, scheme: 'bearer', proof: PROOF },
    'unproven_token',
  ],
  [
    'a token of a key with the proof of another',
    OF_KEY,
    { proof: { ...PROOF, jkt: OTHER } },
    'unproven_token',
  ],
  ['a token of a key with a certificate', OF_KEY, { certificateThumbprint: KEY }, 'unproven_token'],
  ['a token of a key with a proof for no token', OF_KEY, { proof: { jkt: KEY } }, 'invalid_dpop_proof'],
  [
    'a token of a key with a proof for another token',
    OF_KEY,
    { proof: { jkt: KEY, ath: athOf('another.token') } },
    'invalid_dpop_proof',
  ],
  ['a token of a certificate alone', OF_CERTIFICATE, {}, 'invalid_token'],
  [
    'a token of a certificate with another',
    OF_CERTIFICATE,
    { certificateThumbprint: OTHER },
    'invalid_token',
  ],
  [
    'a token of a certificate with a proof of a key of that name',
    OF_CERTIFICATE,
    { proof: { ...PROOF, jkt: CERTIFICATE } },
    'unproven_token',
  ],
  [
    'a token of a certificate with it and a proof',
    OF_CERTIFICATE,
    { proof: PROOF, certificateThumbprint: CERTIFICATE },
    'unproven_token',
  ],
  ['an unbound token with a proof', FREE, { proof: PROOF }, 'unproven_token'],
  ['an unbound token as DPoP', FREE, { token: TOKEN, scheme: 'dpop', proof: PROOF }, 'unproven_token'],
];

describe('the binding of a token', () => {
  it.each(ACCEPTED)('is met by %s', (_name, claims, shown) => {
    expect(check(claims, shown)).not.toThrow();
  });

  it.each(REFUSED)('is not met by %s', (_name, claims, shown, code) => {
    expect(check(claims, shown)).toThrow(expect.objectContaining({ code }) as Error);
  });
});

describe('the binding of a token that is exchanged', () => {
  const exchange = (claims: typeof CLAIMS, shown: Omit<Asker, 'caller'>) => () =>
    checkBinding(claims, { caller: ANONYMOUS, ...shown }, 'exchange', TOKEN);

  it('leaves the proof beside an unbound one to the new token', () => {
    expect(exchange(FREE, { proof: PROOF })).not.toThrow();
    expect(exchange(FREE, {})).not.toThrow();
  });

  it.each(REFUSED.filter(([, claims]) => claims !== FREE))(
    'is not met by %s',
    (_name, claims, shown, code) => {
      expect(exchange(claims, shown)).toThrow(expect.objectContaining({ code }) as Error);
    },
  );
});
