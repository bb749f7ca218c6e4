import { createPublicKey } from 'node:crypto';
import { importJwks, readRevocations } from 'kkp-sdk';
import { LIST_TYPE } from '../../../src/revocation/revocation-list.js';
import { TokenVerifier, type TokenType } from '../../../src/tokens/index.js';
import { TestClock } from '../keys/fixtures.js';
import { requestWith, startPossession, URL_HERE } from '../possession/fixtures.js';
import { CLAIMS, forge, HEADER, KEY, NOW } from './fixtures.js';

/** Every `typ` that KKP writes or reads, beside what libraries write by themselves, and none. */
const TYPES = [
  'JWT',
  'at+jwt',
  'dpop+jwt',
  LIST_TYPE,
  'jwt',
  'JOSE',
  'application/at+jwt',
  'secevent+jwt',
  undefined,
];

const { kty, crv, x } = KEY.jwk;
const keys = { verificationKey: () => createPublicKey(KEY.privateKey) };

const readToken = (typ: TokenType) => (text: string) =>
  Promise.resolve(text).then((token) =>
    new TokenVerifier({ maxLifetimeSeconds: 900, typ }, keys, new TestClock()).verify(token),
  );

interface Kind {
  typ: string;
  header: object;
  claims: object;
  read: (text: string) => Promise<unknown>;
}

/** What each kind says is good to its reader: the `typ` alone makes the difference. */
const KINDS: Kind[] = [
  { typ: 'JWT', header: HEADER, claims: CLAIMS, read: readToken('JWT') },
  { typ: 'at+jwt', header: HEADER, claims: CLAIMS, read: readToken('at+jwt') },
  {
    typ: 'dpop+jwt',
    header: { alg: 'EdDSA', jwk: { kty, crv, x } },
    claims: { jti: '1', htm: 'POST', htu: URL_HERE, iat: NOW },
    read: (text) => startPossession().possession.shownBy(requestWith([text])),
  },
  {
    typ: LIST_TYPE,
    header: HEADER,
    claims: { iat: NOW, exp: NOW + 60, rules: [] },
    read: (text) => readRevocations(text, importJwks({ keys: [KEY.jwk] }), { now: () => NOW * 1000 }),
  },
];

describe.each(KINDS)('what is read as $typ', ({ typ, header, claims, read }) => {
  it('is of that typ, and of none of the others, though the same key has signed it', async () => {
    const accepted: unknown[] = [];
    for (const other of TYPES) {
      const good = await read(forge(claims, { ...header, typ: other })).catch(() => undefined);
      if (good !== undefined) accepted.push(other);
    }
    expect(accepted).toEqual([typ]);
  });

  it('is none of the other kinds as these are', async () => {
    const others = KINDS.filter((kind) => kind.typ !== typ);
    for (const other of others)
      await expect(read(forge(other.claims, { ...other.header, typ: other.typ }))).rejects.toThrow();
    expect(others).toHaveLength(3);
  });
});
