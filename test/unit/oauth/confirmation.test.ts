import type { Asker } from '../../../src/access/index.js';
import { ANONYMOUS, NOBODY, type AuthenticatedCaller } from '../../../src/callers/index.js';
import { confirmationOf } from '../../../src/oauth/confirmation.js';

const [KEY, OWN, PROXY] = ['k', 'o', 'p'].map((letter) => letter.repeat(43)) as [string, string, string];
const caller = (kind: string, attributes: object = {}): AuthenticatedCaller => ({
  kind,
  id: 'a',
  scopes: [],
  attributes: { ...attributes },
});
const byCertificate = caller('mtls', { 'x5t#S256': OWN });

describe('the key that a new token is bound to', () => {
  it.each<[string, Asker, object]>([
    ['that of a proof', { caller: caller('jwt'), proof: { jkt: KEY } }, { jkt: KEY }],
    ['that of a proof of whomever', { caller: NOBODY, proof: { jkt: KEY } }, { jkt: KEY }],
    [
      'that of a proof, before any certificate',
      { caller: byCertificate, certificateThumbprint: OWN, proof: { jkt: KEY } },
      { jkt: KEY },
    ],
    [
      'the certificate of the client',
      { caller: byCertificate, certificateThumbprint: OWN },
      { 'x5t#S256': OWN },
    ],
  ])('is %s', (_name, asker, expected) => {
    expect(confirmationOf(asker)).toEqual(expected);
  });

  it.each<[string, Asker]>([
    ['nothing was shown', { caller: caller('jwt') }],
    ['the certificate is that of a proxy', { caller: byCertificate, certificateThumbprint: PROXY }],
    ['the certificate was forwarded', { caller: byCertificate }],
    ['the caller is known by something else', { caller: caller('api_key'), certificateThumbprint: OWN }],
    [
      'another authenticator says what the certificate is',
      { caller: caller('jwt', { 'x5t#S256': OWN }), certificateThumbprint: OWN },
    ],
    ['the caller is anonymous', { caller: ANONYMOUS, certificateThumbprint: OWN }],
    ['nobody asks', { caller: NOBODY, certificateThumbprint: OWN }],
  ])('is none when %s', (_name, asker) => {
    expect(confirmationOf(asker)).toBeUndefined();
  });
});
