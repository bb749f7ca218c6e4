import {
  apiKey,
  CallerAuthentication,
  jwt,
  mtls,
  type AuthenticatedCaller,
  type Authenticator,
  type CallerRequest,
} from '../../../src/callers/index.js';
import { KkpError } from '../../../src/errors.js';
import { requestWith } from '../../support/issuer.js';

const caller = (id: string, kind = 'card'): AuthenticatedCaller => ({ kind, id, scopes: [], attributes: {} });
/** Knows callers by `Authorization`. */
const knows = (found?: AuthenticatedCaller): Authenticator => ({
  authenticate: ({ headers }) => Promise.resolve(headers.authorization === undefined ? undefined : found),
});
/** Knows callers by something else. */
const knowsAnyway = (found?: AuthenticatedCaller): Authenticator => ({
  authenticate: () => Promise.resolve(found),
});
const refuses: Authenticator = {
  authenticate: () => Promise.reject(new KkpError('unauthenticated', 'No.')),
};

describe('CallerAuthentication', () => {
  it('finds everybody anonymous where there are no authenticators', async () => {
    expect(await new CallerAuthentication([]).authenticate(requestWith('x'))).toEqual({ kind: 'anonymous' });
  });

  it('finds the one caller, and nobody where no credential is', async () => {
    const callers = new CallerAuthentication([knows(), knows(caller('a'))]);
    expect(await callers.authenticate(requestWith('x'))).toMatchObject({ id: 'a' });
    expect(await new CallerAuthentication([knows()]).authenticate(requestWith())).toEqual({ kind: 'none' });
  });

  it.each<[string, Authenticator[], string | undefined, string]>([
    ['a credential that nobody knows', [knows(), knows()], 'x', 'unauthenticated'],
    ['two credentials', [knows(caller('a')), knows(), knows(caller('a'))], 'x', 'invalid_request'],
    ['a good credential beside a bad one', [knows(caller('a')), refuses], 'x', 'unauthenticated'],
    ['a caller named anonymous', [knows(caller('a', 'anonymous'))], 'x', 'internal_error'],
    ['an unknown credential beside a good one', [knowsAnyway(caller('a')), knows()], 'x', 'unauthenticated'],
    ['a caller of no kind', [knowsAnyway(caller('a', 'none'))], undefined, 'internal_error'],
    ['a caller without an id', [knows(caller(''))], 'x', 'internal_error'],
    ['a caller whose id is no text', [knows(caller(7 as unknown as string))], 'x', 'internal_error'],
  ])('refuses %s', async (_what, authenticators, token, code) => {
    const asking = new CallerAuthentication(authenticators).authenticate(requestWith(token));
    await expect(asking).rejects.toMatchObject({ code });
  });

  it('refuses two Authorization headers, of which Node hides one', async () => {
    const request = requestWith('x');
    const twice = { ...request, rawHeaders: [...request.rawHeaders, 'authorization', 'Bearer y'] };
    const asking = new CallerAuthentication([knows(caller('a'))]).authenticate(twice);
    await expect(asking).rejects.toMatchObject({ code: 'invalid_request' });
  });

  describe('knows what a request shows of its caller', () => {
    const [key, pass] = [
      { ...knows(), credentialHeaders: ['x-key'] },
      { ...knows(), credentialHeaders: ['x-pass'] },
    ];
    const shows = (headers: CallerRequest['headers'], more: object = {}) =>
      new CallerAuthentication([key, pass]).credentialIn({ ...requestWith(), headers, ...more });

    it('by Authorization, the headers of its authenticators, and its certificate', () => {
      const texts = [
        shows({ authorization: 'a' }),
        shows({ 'x-key': 'a' }),
        shows({ 'x-pass': 'a' }),
        shows({ 'x-pass': 'b' }),
        shows({ 'x-key': 'a', 'x-pass': 'a' }),
        shows({}, { clientCertificate: Buffer.from('a') }),
        shows({}, { clientCertificate: Buffer.from('b') }),
      ];
      expect(new Set(texts).size).toBe(texts.length);
      expect(texts).not.toContain('');
    });

    it('and by nothing else', () => {
      expect(shows({ 'x-other': 'a', cookie: 'a' }, { remoteAddress: '10.0.0.1' })).toBeUndefined();
      expect(shows({ 'x-key': 'a', dpop: 'x' }, { url: '/b' })).toBe(shows({ 'x-key': 'a' }));
    });

    it('not where an authenticator names no headers, and not where there is none', () => {
      const request = requestWith('x');
      expect(new CallerAuthentication([key, knows()]).credentialIn(request)).toBe('');
      expect(new CallerAuthentication().credentialIn(request)).toBeUndefined();
    });

    it('where the built-in kinds say', () => {
      const forwarded = {
        forwardedHeader: 'X-Client-Cert',
        forwardedForm: 'pem',
        trustedProxies: ['10.0.0.1'],
      } as const;
      const named = [
        apiKey({ keys: [] }),
        mtls({ idFrom: 'dns' }),
        mtls({ idFrom: 'dns', ...forwarded }),
        jwt({ issuer: 'https://idp.example', audience: 'kkp' }),
      ].map(({ credentialHeaders }) => credentialHeaders);
      expect(named).toEqual([['x-api-key'], [], ['x-client-cert'], []]);
    });
  });

  it('takes the value of a header for no header', async () => {
    const request = requestWith('x');
    const noted = { ...request, rawHeaders: ['X-Comment', 'authorization', ...request.rawHeaders] };
    expect(await new CallerAuthentication([knows(caller('a'))]).authenticate(noted)).toMatchObject({
      id: 'a',
    });
  });

  it('finds code of this process to be nobody, or anonymous where there are no authenticators', () => {
    expect(new CallerAuthentication([knows()]).nobody).toEqual({ kind: 'none' });
    expect(new CallerAuthentication([]).nobody).toEqual({ kind: 'anonymous' });
  });

  it('tells all authenticators where to write, and closes all, whatever one does', async () => {
    const told: unknown[] = [];
    const failing = {
      ...knows(),
      useLog: (log: unknown) => told.push(log),
      close: () => Promise.reject(new Error()),
    };
    const log = () => undefined;
    const callers = new CallerAuthentication(
      [
        failing,
        knows(),
        { ...knows(), useLog: (given) => void told.push(given), close: () => void told.push('closed') },
      ],
      log,
    );
    await callers.close();
    expect(told).toEqual([log, log, 'closed']);
  });
});
