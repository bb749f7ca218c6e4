import { goodClaims } from '../tokens/forge.js';
import { alice, bob } from '../tokens/keys.js';
import { accept, ENDS, NOW } from './forge.js';
import type { ListVector, TokenCheck } from './types.js';

const JTI = goodClaims().jti;
const OTHER_JTI = '00000000-0000-4000-8000-000000000000';

const check = (revoked: boolean, changes: Record<string, unknown> = {}, kid = alice.kid): TokenCheck => ({
  kid,
  claims: goodClaims(changes),
  revoked,
});
const revoked = (changes?: Record<string, unknown>, kid?: string) => check(true, changes, kid);
const good = (changes?: Record<string, unknown>, kid?: string) => check(false, changes, kid);

const issuedUntil = (time: number, rule: Record<string, unknown>) => ({
  ...rule,
  issued_until: time,
  expires_at: ENDS,
});

/** Lists that hold, and what they take back. The good token was issued ten seconds ago. */
export function acceptedLists(): ListVector[] {
  return [...lists(), ...subjects(), ...keysAndTimes()];
}

const lists = (): ListVector[] => [
  accept('no rules', {}, [good()]),
  accept('signed in this second', { iat: NOW }, [good()]),
  accept('signed by a clock five seconds ahead', { iat: NOW + 5 }, [good()]),
  accept('in its last second', { iat: NOW - 59, exp: NOW + 1 }, [good()]),
  accept('as long as may be', { iat: NOW, exp: NOW + 3600 }, [good()]),
  accept('with an issuer that nobody asks for', { iss: 'https://kkp.example' }, [good()]),
  accept('with the issuer that is asked for', { iss: 'https://kkp.example' }, [good()], {
    issuer: 'https://kkp.example',
  }),
];

const subjects = (): ListVector[] => [
  accept('a jti', { rules: [{ jti: JTI, expires_at: ENDS }] }, [
    revoked(),
    revoked({ sub: 'other' }),
    good({ jti: OTHER_JTI }),
  ]),
  accept('a jti in capitals', { rules: [{ jti: String(JTI).toUpperCase(), expires_at: ENDS }] }, [good()]),
  accept('a rule past its end holds as long as it is listed', { rules: [{ jti: JTI, expires_at: 0 }] }, [
    revoked(),
  ]),
  accept('a subject', { rules: [issuedUntil(NOW - 5, { subject: 'orders-service' })] }, [
    revoked(),
    revoked({ iat: NOW - 5 }),
    good({ iat: NOW - 4 }),
    good({ sub: 'orders' }),
    good({ sub: 'Orders-service' }),
    good({ sub: 'orders-service ' }),
  ]),
  accept('a subject that acts for another', { rules: [issuedUntil(NOW, { subject: 'agent' })] }, [
    revoked({ act: { sub: 'agent' } }),
    revoked({ act: { sub: 'x', act: { sub: 'agent' } } }),
    good({ act: { sub: 'x' } }),
    good({ act: 'agent' }),
    good({ act: { iss: 'agent' } }),
    good({ policy_claims: { sub: 'agent' } }),
  ]),
  accept(
    'several rules',
    {
      rules: [
        { jti: OTHER_JTI, expires_at: ENDS },
        issuedUntil(NOW, { subject: 'someone' }),
        { before: NOW - 100, expires_at: ENDS },
        { kid: bob.kid, expires_at: ENDS },
      ],
    },
    [
      good(),
      revoked({ jti: OTHER_JTI }),
      revoked({ sub: 'someone' }),
      revoked({ iat: NOW - 101 }),
      revoked({}, bob.kid),
    ],
  ),
];

const keysAndTimes = (): ListVector[] => [
  accept('a key', { rules: [issuedUntil(NOW - 10, { backend: 'aws', key_id: 'alias/orders' })] }, [
    revoked(),
    good({ iat: NOW - 9 }),
    good({ backend: 'gcp' }),
    good({ key_id: 'alias/order' }),
  ]),
  accept(
    'a key whose name runs into its backend',
    { rules: [issuedUntil(NOW, { backend: 'aw', key_id: 'salias/orders' })] },
    [good()],
  ),
  accept(
    'a signing key, whatever the token says of its time',
    { rules: [{ kid: alice.kid, expires_at: ENDS }] },
    [revoked(), revoked({ iat: NOW + 5 }), good({}, bob.kid)],
  ),
  accept('all before a time', { rules: [{ before: NOW - 10, expires_at: ENDS }] }, [
    good(),
    revoked({ iat: NOW - 11 }),
    good({ iat: NOW }),
  ]),
];
