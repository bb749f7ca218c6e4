import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectProblem, issueToken, post, seal, startServer, type TestServer } from '../support/server.js';

/** A policy from before there were rewraps and data keys: it says yes to all that it knows, and nothing of the rest. */
const OLDER = `package kkp.authz

default allow := false

allow if input.action in {"issue_token", "encrypt", "decrypt", "rotate_keys"}
`;

describe('a policy that knows only the first four actions', () => {
  let server: TestServer;
  let request: { token: string; envelope: Record<string, string> };
  const folder = mkdtempSync(join(tmpdir(), 'kkp-older-'));

  beforeAll(async () => {
    const policyPath = join(folder, 'older.rego');
    writeFileSync(policyPath, OLDER);
    server = await startServer({ settings: { policyPath } });
    request = { token: await issueToken(server), envelope: await seal(server) };
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const key = { backend: 'aws', key_id: 'alias/orders' };

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
