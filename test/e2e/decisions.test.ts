import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Authenticator } from '../../src/index.js';
import { emulations, expectProblem, GRANT, send, startServer, type TestServer } from '../support/server.js';

const readme = readFileSync(new URL('../../policy/README.md', import.meta.url), 'utf8');
const [shortLived, careful] = [...readme.matchAll(/^```rego\n([^]*?)^```$/gm)].map(([, text]) => text!);

const billing: Authenticator = {
  authenticate: () => Promise.resolve({ kind: 'test', id: 'svc-billing', scopes: [], attributes: {} }),
};

const folder = mkdtempSync(join(tmpdir(), 'kkp-decisions-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;

/** A server under the policy, beside one under the default policy that has the same keys. */
async function startUnder(policy: string, overrides = {}): Promise<TestServer> {
  const policyPath = join(folder, `${(count += 1)}.rego`);
  writeFileSync(policyPath, policy);
  return startServer({ settings: { policyPath }, backends: emulations(), overrides });
}

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { exp: number; iat: number };

describe('the first example of policy/README.md', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startUnder(shortLived!, { callers: [billing] })));
  afterAll(() => server.close());

  it.each([
    [undefined, 60],
    [900, 60],
    [61, 60],
    [60, 60],
    [59, 59],
    [1, 1],
  ])('lets a token that shall live %p s live %p s', async (ttl_seconds, lives) => {
    const { body } = await send(server.url, 'POST', '/token', { ...GRANT, ttl_seconds });
    const { exp, iat } = claimsOf(body.token as string);
    expect(exp - iat).toBe(lives);
    expect(body.expires_at).toBe(exp);
  });

  it('tells the caller, and the log, why another subject is refused', async () => {
    const answer = await send(server.url, 'POST', '/token', { ...GRANT, subject: 'svc-orders' });
    expectProblem(answer, 403, 'policy_denied');
    const reason = 'Ask the team of this service for a token.';
    expect(answer.body.detail).toBe(`The policy does not allow this: ${reason}`);
    expect(server.logs).toContainEqual(expect.objectContaining({ msg: 'policy denied', reason }));
  });
});

/** The same rule for decryption as the example has, and everything else. */
const withTheRest = (policy: string) => `${policy}
allow if input.action in {"issue_token", "encrypt"}
`;

describe('the second example of policy/README.md', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startUnder(withTheRest(careful!))));
  afterAll(() => server.close());

  const open = async (plaintext: string, audience = 'reports') => {
    const token = await send(server.url, 'POST', '/token', {
      ...GRANT,
      audience,
      ops: ['decrypt'],
      policy_claims: { environment: 'prod' },
    });
    const sealed = await send(server.url, 'POST', '/envelope/encrypt', {
      backend: 'aws',
      key_id: 'alias/orders',
      plaintext,
    });
    const { envelope } = sealed.body as { envelope: object };
    return send(server.url, 'POST', '/envelope/decrypt', { token: token.body.token as string, envelope });
  };

  it('opens what is small enough, and shows the claims without conditions', async () => {
    const { status, body } = await open('attack at dawn');
    expect({ status, plaintext: body.plaintext }).toEqual({ status: 200, plaintext: 'attack at dawn' });
    expect(body.claims).toMatchObject({ sub: 'svc-billing', aud: 'reports', policy_claims: {} });
    expect(body.claims).not.toHaveProperty('ops');
  });

  it.each([
    ['a byte too much', 'attack at dawn!', 'reports', 'max_plaintext_bytes'],
    ['a token for others', 'attack', 'billing', 'require_audience'],
  ])('refuses %s without saying why to the caller', async (_name, plaintext, audience, obligation) => {
    const answer = await open(plaintext, audience);
    expectProblem(answer, 403, 'policy_denied');
    expect(answer.body.detail).toBe('The policy does not allow this.');
    expect(server.logs).toContainEqual(expect.objectContaining({ msg: 'policy denied', obligation }));
  });
});

describe('an obligation that KKP cannot keep', () => {
  it.each([
    ['{"notify": "ops"}', 'no such obligation'],
    ['{"redact_claims": true}', 'cannot be kept for issue_token'],
    ['[]', 'not an object'],
  ])('denies: %s', async (obligations, fault) => {
    const policy = `package kkp.authz\n\nallow := {"allow": true, "obligations": ${obligations}}\n`;
    const server = await startUnder(policy);
    expectProblem(await send(server.url, 'POST', '/token', GRANT), 403, 'policy_denied');
    expect(server.logs).toContainEqual(
      expect.objectContaining({ msg: 'policy denied', fault: expect.stringContaining(fault) as string }),
    );
    await server.close();
  });
});
