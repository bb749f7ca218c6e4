import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isKmsError, type KmsBackend } from 'kkp-plugin-kit';
import { createTestHost } from 'kkp-plugin-kit/testkit';
import { vault } from 'kkp-plugin-vault';
import { TransitAdmin } from '../support/admin.js';
import { TokenReviewApi } from './token-review.js';

/** Run by run.mjs, which starts a Vault. */
const address = process.env.KKP_VAULT_ADDRESS!;
const admin = new TransitAdmin(address, process.env.KKP_VAULT_TOKEN!);
const api = new TokenReviewApi();
const folder = mkdtempSync(join(tmpdir(), 'kkp-kubernetes-'));
const jwtFile = join(folder, 'token');
const account = { namespace: 'payments', name: 'kkp', uid: 'a5b1' };
const opened: KmsBackend[] = [];

const POLICY = `
path "cluster/encrypt/*" { capabilities = ["update"] }
path "cluster/decrypt/*" { capabilities = ["update"] }
path "cluster/keys/*" { capabilities = ["read"] }
`;

const call = () => ({
  signal: new AbortController().signal,
  deadline: Date.now() + 10_000,
  requestId: 'kubernetes',
});

async function open(role = 'kkp'): Promise<KmsBackend> {
  const options = { name: 'real', address, mount: 'cluster', auth: 'kubernetes', role, jwtFile } as const;
  const backend = vault(options).create(createTestHost().host);
  opened.push(backend);
  await backend.open(call());
  return backend;
}

const refusal = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'none',
    (error: unknown) => (isKmsError(error) ? `${error.code} ${error.side}` : 'other'),
  );

beforeAll(async () => {
  await admin.send('POST', 'sys/mounts/cluster', { type: 'transit' });
  await admin.send('POST', 'sys/auth/kubernetes', { type: 'kubernetes' });
  await admin.send('POST', 'sys/policies/acl/cluster', { policy: POLICY });
  await admin.send('POST', 'auth/kubernetes/config', {
    kubernetes_host: await api.listen(),
    token_reviewer_jwt: api.issue({ namespace: 'vault', name: 'reviewer', uid: 'b7c2' }),
    disable_local_ca_jwt: true,
  });
  await admin.send('POST', 'auth/kubernetes/role/kkp', {
    bound_service_account_names: [account.name],
    bound_service_account_namespaces: [account.namespace],
    token_policies: ['cluster'],
    token_ttl: '1h',
  });
});
beforeEach(() => writeFileSync(jwtFile, api.issue(account)));
afterEach(async () => {
  for (const backend of opened.splice(0)) await backend.close();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await api.close();
});

describe('the Kubernetes login of a real Vault', () => {
  it('gives the token of the service account the rights of its role', async () => {
    const keyId = 'orders';
    await admin.send('POST', `cluster/keys/${keyId}`);
    const backend = await open();
    const plaintext = Uint8Array.from({ length: 32 }, (_, index) => index);
    const wrapped = await backend.wrapKey({ keyId, plaintext }, call());
    expect((await backend.unwrapKey({ keyId, wrapped }, call())).plaintext).toEqual(plaintext);
  });

  it.each([
    ['an account of another name', () => api.issue({ ...account, name: 'other' })],
    ['an account of another namespace', () => api.issue({ ...account, namespace: 'other' })],
    ['a token that the cluster does not vouch for', () => new TokenReviewApi().issue(account)],
    ['text that is no token', () => 'not-a-jwt'],
  ])('is refused to %s', async (_what, token) => {
    writeFileSync(jwtFile, token());
    expect(await refusal(open())).toBe('access-denied proxy');
  });

  it('is refused to a token that the cluster has taken back', async () => {
    const token = api.issue(account);
    writeFileSync(jwtFile, token);
    await open();
    api.takeBack(token);
    expect(await refusal(open())).toBe('access-denied proxy');
  });

  it('is refused for a role that there is not', async () => {
    expect(await refusal(open('absent'))).toBe('access-denied proxy');
  });
});
