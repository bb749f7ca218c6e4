import { DETAILS, detailsOf, encodeForm, expectRefusal, postForm, type Form } from '../../support/form.js';
import { post, seal, send, type Answer } from '../../support/server.js';
import { startOAuth, type OAuthServer } from './setup.js';

let server: OAuthServer;
beforeAll(async () => (server = await startOAuth({ settings: { publicUrl: 'https://kms.example/kkp/' } })));
afterAll(() => server.close());

const GOOD = { grant_type: 'client_credentials', audience: 'reports', authorization_details: DETAILS };
const ask = (form: Form | string | Buffer, headers: Record<string, string> = server.as('svc-billing')) =>
  postForm(server, '/oauth/token', form, headers);
const claimsOf = ({ body }: Answer): Record<string, unknown> =>
  JSON.parse(Buffer.from((body.access_token as string).split('.')[1]!, 'base64url').toString()) as Record<
    string,
    unknown
  >;

describe('client_credentials', () => {
  it('is a token for the client itself, which opens what it says', async () => {
    const answer = await ask(GOOD);
    expect(answer).toMatchObject({
      status: 200,
      body: {
        access_token: expect.any(String) as string,
        token_type: 'Bearer',
        expires_in: 300,
        authorization_details: [{ type: 'kkp_key', backend: 'aws', key_id: 'alias/orders' }],
      },
    });
    expect(Object.keys(answer.body as object)).toHaveLength(4);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('pragma')).toBe('no-cache');
    expect(claimsOf(answer)).toMatchObject({ sub: 'svc-billing', aud: 'reports', policy_claims: {} });
    const sealed = await send(server.url, 'POST', '/envelope/encrypt', undefined);
    expect(sealed.status).toBe(401);
  });

  it('has the operations, life and conditions that were asked for', async () => {
    const conditions = { environment: 'prod' };
    const answer = await ask({
      ...GOOD,
      scope: 'encrypt decrypt encrypt',
      ttl_seconds: '60',
      authorization_details: detailsOf({ backend: 'aws', key_id: 'k' }, { policy_claims: conditions }),
    });
    expect(answer.body).toMatchObject({
      scope: 'encrypt decrypt',
      expires_in: 60,
      authorization_details: [{ policy_claims: conditions }],
    });
    expect(claimsOf(answer)).toMatchObject({
      ops: ['encrypt', 'decrypt'],
      policy_claims: conditions,
      key_id: 'k',
    });
  });
});
void [post, seal, encodeForm, expectRefusal];
