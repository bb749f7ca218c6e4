import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  expectProblem,
  get,
  issueToken,
  post,
  seal,
  startServer,
  type TestServer,
} from '../support/server.js';

/** A policy from before there were rewraps and data keys: it says yes to all that it knows, and nothing of the rest. */
const OLDER = `package kkp.authz

default allow := false

allow if input.action in {"issue_token", "encrypt", "decrypt", "rotate_keys"}
`;

/** A policy for an operator who moves envelopes that he cannot read; with a token, whatever is asked. */
const GENEROUS = `package kkp.authz

default allow := false

allow if input.action != "rewrap"

allow if {
	input.action == "rewrap"
	not "claims" in object.keys(input)
}

allow if is_object(input.claims.policy_claims)
`;

const key = { backend: 'aws', key_id: 'alias/orders' };

interface Opened {
  readonly token: string;
  readonly envelope: Record<string, string>;
}

/** A server under the policy, with a token and an envelope that belong together. */
async function startUnder(policy: string): Promise<{ server: TestServer; request: Opened }> {
  const folder = mkdtempSync(join(tmpdir(), 'kkp-policy-'));
  const policyPath = join(folder, 'own.rego');
  writeFileSync(policyPath, policy);
  const server = await startServer({ settings: { policyPath } });
  rmSync(folder, { recursive: true });
  return { server, request: { token: await issueToken(server), envelope: await seal(server) } };
}

describe('a policy that knows only the first four actions', () => {
  let server: TestServer;
  let request: Opened;
  beforeAll(async () => ({ server, request } = await startUnder(OLDER)));
  afterAll(() => server.close());

  it('denies a data key', async () => {
    expectProblem(await post(server, '/datakey', key), 403, 'policy_denied');
    expectProblem(await post(server, '/datakey', { ...key, include_plaintext: false }), 403, 'policy_denied');
  });

  it('denies a rewrap, though it allows the decryption', async () => {
    expect((await post(server, '/envelope/decrypt', request)).status).toBe(200);
    expectProblem(await post(server, '/envelope/rewrap', request), 403, 'policy_denied');
    expectProblem(await post(server, '/envelope/rewrap', { ...request, ...key }), 403, 'policy_denied');
    expectProblem(
      await post(server, '/envelope/rewrap', { ...request, token: undefined }),
      403,
      'policy_denied',
    );
  });

  it.each([
    ['/datakey/batch', () => key],
    ['/envelope/rewrap/batch', () => request],
  ])('denies each item of %s', async (route, item) => {
    const { status, body } = await post(server, route, { items: [item(), item()] });
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { status: 403, body: { error: 'policy_denied' } },
      { status: 403, body: { error: 'policy_denied' } },
    ]);
  });
});

describe('a policy that allows more than the default', () => {
  let server: TestServer;
  let request: Opened;
  beforeAll(async () => ({ server, request } = await startUnder(GENEROUS)));
  afterAll(() => server.close());

  const rewrap = (body: object) => post(server, '/envelope/rewrap', body);
  const decisions = async () => {
    const { body } = await get(server, '/metrics');
    const lines = (body as string).split('\n');
    return lines.filter((line) => line.startsWith('kkp_policy_decisions_total{action="rewrap"'));
  };

  it.each([{ key_id: 'alias/other' }, { backend: 'gcp' }])(
    'is not asked about a token for %j instead of the envelope’s key',
    async (scope) => {
      const { envelope } = request;
      const token = await issueToken(server, scope);
      const before = await decisions();
      expectProblem(await rewrap({ token, envelope }), 403, 'policy_denied');
      expectProblem(await rewrap({ token, envelope, ...key, ...scope }), 403, 'policy_denied');
      expectProblem(await post(server, '/envelope/decrypt', { token, envelope }), 403, 'policy_denied');
      expect(await decisions()).toEqual(before);
    },
  );

  it('is not asked about a bad token, or one for another audience', async () => {
    const before = await decisions();
    expectProblem(await rewrap({ ...request, token: `${request.token}x` }), 401, 'invalid_token');
    expectProblem(await rewrap({ ...request, token: '' }), 401, 'invalid_token');
    expectProblem(await rewrap({ ...request, expected_audience: 'billing' }), 403, 'policy_denied');
    expect(await decisions()).toEqual(before);
  });

  it('can let an envelope move without a token, and still opens it to nobody', async () => {
    const { envelope } = request;
    const moved = await rewrap({ envelope, backend: 'gcp', key_id: 'moved' });
    expect(moved).toMatchObject({ status: 200, body: { envelope: { backend: 'gcp', key_id: 'moved' } } });
    expect(Object.keys(moved.body as object)).toEqual(['envelope']);
    const answer = await post(server, '/envelope/decrypt', { envelope: moved.body.envelope });
    expectProblem(answer, 400, 'invalid_request');
    expectProblem(await rewrap({ envelope: { ...envelope, key_id: 'alias/other' } }), 400, 'kms_error');
  });

  it('does not help an envelope that claims another key', async () => {
    await seal(server, { key_id: 'alias/other' });
    const envelope = { ...request.envelope, key_id: 'alias/other' };
    for (const to of [{}, { key_id: 'alias/orders' }]) {
      expectProblem(await rewrap({ envelope, ...to }), 400, 'envelope_error');
    }
  });

  it.each([{ key_id: '' }, { backend: '', key_id: 'k' }, { backend: 'nowhere', key_id: 'k' }])(
    'does not make a target of %j',
    async (to) => {
      expectProblem(await rewrap({ ...request, ...to }), 400, 'kms_error');
    },
  );
});
