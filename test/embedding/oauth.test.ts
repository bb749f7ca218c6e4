import { ForbiddenException, UnauthorizedException } from '@nestjs/common';
import memory from 'kkp-plugin-memory';
import { apiKey, makeKey } from '../../src/callers/index.js';
import { KkpModule } from '../../src/index.js';
import { systemRandom } from '../../src/random.js';
import { basic, DETAILS, EXCHANGE, expectRefusal, JWT, postForm, type Form } from '../support/form.js';
import { get } from '../support/server.js';
import { PLATFORMS, schedule, startHost } from './host.js';

const { id, hash, key } = makeKey(systemRandom);
const billing = basic('billing', key);

const kkp = () =>
  KkpModule.forRoot({
    backends: [memory({ name: 'aws', emulates: 'aws' })],
    callers: [apiKey({ keys: [{ id, hash, name: 'billing' }] })],
    publicUrl: 'https://host.example/api',
    log: () => undefined,
    path: 'security/kkp',
  });

const GOOD = { grant_type: 'client_credentials', audience: 'reports', authorization_details: DETAILS };

describe.each(PLATFORMS)(
  'OAuth in a foreign application on %s, which reads forms by itself',
  (_name, platform) => {
    it('grants, exchanges, refuses and takes back as KKP’s own server', async () => {
      const { app, url } = await startHost(platform, [schedule(), kkp()]);
      const ask = (route: string, form: Form | string, headers: Record<string, string> = billing) =>
        postForm({ url }, `/security/kkp/oauth/${route}`, form, headers);
      const granted = await ask('token', { ...GOOD, unknown: 'x', scope: '' });
      expect(granted).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 300 } });
      const token = granted.body.access_token as string;
      const subject = { grant_type: EXCHANGE, subject_token: token, subject_token_type: JWT };
      expect((await ask('token', { ...subject, scope: 'decrypt' })).body).toMatchObject({ scope: 'decrypt' });

      expectRefusal(await ask('token', { ...GOOD, audience: ['a', 'b'] }), 400, 'invalid_target');
      expectRefusal(await ask('token', { ...GOOD, scope: ['decrypt', 'decrypt'] }), 400, 'invalid_request');
      expectRefusal(await ask('token', { ...GOOD, 'x[y]': ['a', 'b'] }), 400, 'invalid_request');
      expectRefusal(await ask('token', ''), 400, 'invalid_request');
      expectRefusal(await ask('token', GOOD, basic('admin', key)), 401, 'invalid_client');
      expectRefusal(await ask('token', GOOD, {}), 401, 'invalid_client');
      expectRefusal(await ask('introspect', { token }), 400, 'access_denied');
      const json = { ...billing, 'content-type': 'application/json' };
      expectRefusal(await ask('token', JSON.stringify(GOOD), json), 415, 'invalid_request');

      for (const one of [token, token, 'x']) expect((await ask('revoke', { token: one })).status).toBe(200);
      expectRefusal(await ask('token', subject), 400, 'invalid_grant');
      await app.close();
    });

    it.each([
      [new UnauthorizedException(), 401, 'invalid_client'],
      [new ForbiddenException(), 400, 'access_denied'],
    ])('says so when a guard of the host refuses: %p', async (error, status, code) => {
      const guard = {
        canActivate: () => {
          throw error;
        },
      };
      const { app, url } = await startHost(platform, [schedule(), kkp()], [], [guard]);
      for (const route of ['token', 'revoke', 'introspect']) {
        const answer = await postForm(
          { url },
          `/security/kkp/oauth/${route}`,
          { ...GOOD, token: 'x' },
          billing,
        );
        expectRefusal(answer, status, code);
      }
      await app.close();
    });

    it('says where its routes are, as clients see them', async () => {
      const { app, url } = await startHost(platform, [schedule(), kkp()]);
      const { body } = await get(
        { url } as never,
        '/security/kkp/.well-known/oauth-authorization-server?x=y',
      );
      expect(body).toMatchObject({
        issuer: 'https://host.example/api',
        token_endpoint: 'https://host.example/api/security/kkp/oauth/token',
        jwks_uri: 'https://host.example/api/security/kkp/.well-known/jwks.json',
      });
      await app.close();
    });

    it('leaves the host’s forms to the host, and KKP’s own routes without any', async () => {
      const { app, url } = await startHost(platform, [schedule(), kkp()]);
      expect((await postForm({ url }, '/host/echo', { a: ['b', 'c'] })).body).toEqual({ a: ['b', 'c'] });
      const answer = await postForm({ url }, '/security/kkp/token', GOOD, billing);
      expect([answer.status, answer.body.error]).toEqual([415, 'invalid_request']);
      await app.close();
    });
  },
);
