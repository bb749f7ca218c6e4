import { readdirSync, readFileSync } from 'node:fs';
import { isKmsError, type KmsBackend } from 'kkp-plugin-kit';
import { bindAad, createTestHost, describeKmsBackend } from 'kkp-plugin-kit/testkit';
import { vault, type VaultOptions } from 'kkp-plugin-vault';
import { TransitAdmin } from '../support/admin.js';

/** Run by run.mjs, which starts a Vault. */
const address = process.env.KKP_VAULT_ADDRESS!;
const rootToken = process.env.KKP_VAULT_TOKEN!;
const pid = Number(process.env.KKP_VAULT_PID);
const admin = new TransitAdmin(address, rootToken);

const LEAST_RIGHTS = `
path "transit/encrypt/*" { capabilities = ["update"] }
path "transit/decrypt/*" { capabilities = ["update"] }
path "transit/keys/*" { capabilities = ["read"] }
`;
const MAY_CREATE = `${LEAST_RIGHTS}
path "transit/encrypt/typo*" { capabilities = ["create", "update"] }
`;

await admin.send('POST', 'sys/mounts/transit', { type: 'transit' });
await admin.send('POST', 'sys/auth/approle', { type: 'approle' });
const logins = { least: await appRole('kkp', LEAST_RIGHTS), creator: await appRole('creator', MAY_CREATE) };

async function appRole(
  role: string,
  policy: string,
): Promise<Pick<VaultOptions, 'auth' | 'roleId' | 'secretId'>> {
  await admin.send('POST', `sys/policies/acl/${role}`, { policy });
  await admin.send('POST', `auth/approle/role/${role}`, { token_policies: [role], token_ttl: '1h' });
  const roleId = await dataOf(admin.send('GET', `auth/approle/role/${role}/role-id`), 'role_id');
  const secretId = await dataOf(admin.send('POST', `auth/approle/role/${role}/secret-id`), 'secret_id');
  return { auth: 'approle', roleId, secretId };
}

async function dataOf(answer: Promise<unknown>, member: string): Promise<string> {
  return ((await answer) as { data: Record<string, string> }).data[member]!;
}

/** Stops the process until the returned function is called. */
function stopVault(): () => void {
  const isStopped = (thread: string) =>
    /^State:\s+T/m.test(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8'));
  process.kill(pid, 'SIGSTOP');
  // Each thread stops when it gets to it.
  while (!readdirSync(`/proc/${pid}/task`).every(isStopped));
  return () => process.kill(pid, 'SIGCONT');
}

for (const type of ['aes256-gcm96', 'aes128-gcm96', 'chacha20-poly1305']) {
  const createKey = () => admin.createKey(undefined, { type });
  const [keyId, otherKeyId] = [await createKey(), await createKey()];
  const plugin = vault({ name: 'real', address, ...logins.least });
  describeKmsBackend(`a real Vault, ${type}`, {
    connect: (host) => plugin.create(host),
    keyId,
    otherKeyId,
    unknownKeyId: 'absent',
    admin: {
      createKey,
      rotate: (name) => admin.rotate(name),
      delete: (name) => admin.delete(name),
      hang: stopVault,
    },
  });
}

describe('a real Vault', () => {
  const call = () => ({
    signal: new AbortController().signal,
    deadline: Date.now() + 10_000,
    requestId: 'real',
  });
  const opened: KmsBackend[] = [];
  afterEach(async () => {
    for (const backend of opened.splice(0)) await backend.close();
  });

  async function open(options: Partial<VaultOptions> = logins.least): Promise<KmsBackend> {
    const backend = vault({ name: 'real', address, ...options }).create(createTestHost().host);
    opened.push(backend);
    await backend.open(call());
    return backend;
  }

  const wrap = (backend: KmsBackend, keyId: string) =>
    backend.wrapKey({ keyId, plaintext: new Uint8Array(32), aad: bindAad({ a: 'b' }) }, call());
  const refusal = (attempt: Promise<unknown>) =>
    attempt.then(
      () => 'none',
      (error: unknown) =>
        isKmsError(error) ? `${error.code} ${error.side} ${error.providerCode ?? ''}`.trim() : 'other',
    );
  const names = async () =>
    ((await admin.send('GET', 'transit/keys?list=true')) as { data: { keys: string[] } }).data.keys;

  it.each([
    ['of least rights', logins.least],
    ['that may create', logins.creator],
    ['of root', { token: rootToken }],
  ])('gets no key by a typo, with a login %s', async (_what, options) => {
    expect(await refusal(wrap(await open(options), 'typo'))).toBe('not-found caller 404');
    expect(await names()).not.toContain('typo');
  });

  it('would make it for the same token without the look before', async () => {
    await admin.send('POST', 'transit/encrypt/typo-of-another-client', { plaintext: 'AA==' });
    expect(await names()).toContain('typo-of-another-client');
  });

  it.each([
    ['rsa-2048', {}],
    ['ed25519', {}],
    ['hmac', { key_size: 32 }],
    ['aes256-gcm96', { derived: true }],
  ])('refuses a key that takes no AAD: %s %p', async (type, fields) => {
    const keyId = await admin.createKey(undefined, { type, ...fields });
    expect(await refusal(wrap(await open(), keyId))).toBe('unsupported caller');
  });

  it.each([
    ['version 0', (text: string) => text.replace('v1:', 'v0:')],
    ['a leading zero', (text: string) => text.replace('v1:', 'v01:')],
    ['a line break', (text: string) => `${text}\n`],
  ])('opens a ciphertext with %s, which the plugin refuses', async (_what, change) => {
    const keyId = await admin.createKey();
    const backend = await open();
    const wrapped = await backend.wrapKey({ keyId, plaintext: new Uint8Array(32) }, call());
    const text = change(Buffer.from(wrapped.blob).toString('latin1'));
    expect(await admin.send('POST', `transit/decrypt/${keyId}`, { ciphertext: text })).toBeDefined();
    const changed = { ...wrapped, blob: Uint8Array.from(Buffer.from(text, 'latin1')) };
    expect(await refusal(backend.unwrapKey({ keyId, wrapped: changed }, call()))).toBe(
      'invalid-ciphertext caller',
    );
  });

  it('calls a retired version disabled-key', async () => {
    const keyId = await admin.createKey();
    const backend = await open();
    const wrapped = await backend.wrapKey({ keyId, plaintext: new Uint8Array(32) }, call());
    await admin.rotate(keyId);
    await admin.send('POST', `transit/keys/${keyId}/config`, { min_decryption_version: 2 });
    expect(await refusal(backend.unwrapKey({ keyId, wrapped }, call()))).toBe(
      'disabled-key caller 400 too old',
    );
  });

  it('refuses a wrong secret id, a dead token and a key without rights, each on the right side', async () => {
    expect(await refusal(open({ ...logins.least, secretId: 'wrong' }))).toBe(
      'access-denied proxy 400 login refused',
    );
    expect(await refusal(open({ token: 'hvs.dead' }))).toBe('access-denied proxy 403 permission denied');
    const { auth } = (await admin.send('POST', 'auth/token/create', { policies: ['default'] })) as {
      auth: { client_token: string };
    };
    const backend = await open({ token: auth.client_token });
    expect(await refusal(backend.describeKey('absent', call()))).toBe(
      'access-denied caller 403 permission denied',
    );
  });

  it('takes AAD of the size that the plugin declares', async () => {
    const keyId = await admin.createKey();
    const backend = await open();
    const { maxAadBytes = 0 } = backend.capabilities(keyId);
    const aad = { map: {}, bytes: new Uint8Array(maxAadBytes) };
    const wrapped = await backend.wrapKey({ keyId, plaintext: new Uint8Array(32), aad }, call());
    expect((await backend.unwrapKey({ keyId, wrapped, aad }, call())).plaintext).toHaveLength(32);
  });
});
