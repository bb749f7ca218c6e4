import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DETAILS, EXCHANGE, expectRefusal, JWT, postForm, type Form } from '../../support/form.js';
import { claimsOf, startOAuth, type ClientName, type OAuthServer } from './setup.js';

async function startUnder(rules: string): Promise<OAuthServer> {
  const folder = mkdtempSync(join(tmpdir(), 'kkp-oauth-policy-'));
  const policyPath = join(folder, 'own.rego');
  writeFileSync(policyPath, `package kkp.authz\n\ndefault allow := false\n\n${rules}`);
  const server = await startOAuth({ settings: { policyPath } });
  rmSync(folder, { recursive: true });
  return server;
}

const asking = (server: OAuthServer) => ({
  grant: (more: Form = {}, name: ClientName = 'svc-billing') =>
    postForm(
      server,
      '/oauth/token',
      { grant_type: 'client_credentials', audience: 'reports', authorization_details: DETAILS, ...more },
      server.as(name),
    ),
  exchange: (token: string, more: Form = {}, name: ClientName = 'svc-gateway') =>
    postForm(
      server,
      '/oauth/token',
      { grant_type: EXCHANGE, subject_token: token, subject_token_type: JWT, ...more },
      server.as(name),
    ),
});

describe('a policy of before there were exchanges', () => {
  it('allows none, and grants as before', async () => {
    const server = await startUnder('allow if input.action in {"issue_token", "encrypt", "decrypt"}\n');
    const { grant, exchange } = asking(server);
    const granted = await grant();
    expect(granted.status).toBe(200);
    const token = granted.body.access_token as string;
    expectRefusal(await exchange(token), 400, 'access_denied');
    expectRefusal(
      await postForm(server, '/oauth/revoke', { token }, server.as('admin')),
      400,
      'access_denied',
    );
    await server.close();
  });
});

describe('what a policy says of an exchange', () => {
  let server: OAuthServer;
  beforeAll(async () => {
    server = await startUnder(`allow if input.action in {"issue_token", "encrypt"}

allow := {"allow": true, "max_ttl_seconds": 7, "obligations": {"require_audience": "reports"}} if {
	input.action == "exchange_token"
	input.caller.id == "svc-gateway"
	not "act" in object.keys(input.claims.act)
}

allow := {"allow": false, "reason": "Ask \\"the gateway\\" – it is his to say.", "public_reason": true} if {
	input.action == "exchange_token"
	input.caller.id != "svc-gateway"
}
`);
  });
  afterAll(() => server.close());

  it('shortens the token, whatever was asked for', async () => {
    const { grant, exchange } = asking(server);
    const token = (await grant()).body.access_token as string;
    for (const more of [{}, { ttl_seconds: '300' }]) {
      const answer = await exchange(token, more);
      expect(answer.body).toMatchObject({ expires_in: 7 });
      const { exp, iat } = claimsOf(answer) as { exp: number; iat: number };
      expect(exp - iat).toBe(7);
    }
    expect((await exchange(token, { ttl_seconds: '5' })).body).toMatchObject({ expires_in: 5 });
  });

  it('is held to its obligations', async () => {
    const { grant, exchange } = asking(server);
    const token = (await grant({ audience: 'payroll' })).body.access_token as string;
    expectRefusal(await exchange(token), 400, 'access_denied');
  });

  it('tells its reason, in the characters that OAuth has for it', async () => {
    const { grant, exchange } = asking(server);
    const token = (await grant()).body.access_token as string;
    const answer = await exchange(token, {}, 'admin');
    expectRefusal(answer, 400, 'access_denied');
    expect(answer.body.error_description).toBe(
      "The policy does not allow this: Ask 'the gateway' ? it is his to say.",
    );
  });
});
