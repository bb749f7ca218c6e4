import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestHost } from 'kkp-plugin-kit/testkit';
import { gcp, type GcpOptions } from 'kkp-plugin-gcp';
import { loadCredential } from '../src/credentials.js';
import { FakeKms } from './fake/kms.js';
import { FakeTokenServices, makeServiceAccount } from './fake/token-services.js';
import { call, refusal, until, within, wrap } from './support/gcp.js';

const kms = await FakeKms.start();
const keyId = kms.createKey('orders');
const services = await FakeTokenServices.start();
const folder = mkdtempSync(join(tmpdir(), 'kkp-gcp-'));
const serviceAccount = makeServiceAccount();
const environment = { ...process.env };

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await Promise.all([kms.stop(), services.stop()]);
});
beforeEach(() => {
  services.seen.length = 0;
  kms.takes = (token) => services.given.includes(token);
});
afterEach(() => {
  process.env = { ...environment };
});

function fileOf(content: unknown): string {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.json`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** As `gcloud iam workload-identity-pools create-cred-config` writes it, with the service on loopback. */
function externalAccount(members: object = {}): object {
  return {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/k8s',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `http://${services.host}/v1/token`,
    credential_source: { file: fileOf('subject-token') },
    ...members,
  };
}

const create = (options: Partial<GcpOptions>) =>
  gcp({ name: 'test', endpoint: kms.url, ...options }).create(createTestHost().host);

async function useOf(options: Partial<GcpOptions>): Promise<void> {
  const backend = create(options);
  await backend.open(call());
  await wrap(backend, keyId);
  await backend.close();
}

describe('a service account file', () => {
  const credential = 'service_account_file';

  it('signs its tokens by itself: no service is asked', async () => {
    kms.takes = (token) => serviceAccount.verifies(token);
    await useOf({ credential, credentialFile: fileOf(serviceAccount.file) });
    expect(services.seen).toEqual([]);
  });

  it.each([
    ['that is not there', () => join(folder, 'absent.json')],
    ['that is no JSON', () => fileOf('{')],
    ['that is a list', () => fileOf('[]')],
    ['of another type', () => fileOf(externalAccount())],
    [
      'of a type that is not what it holds',
      () => fileOf({ ...serviceAccount.file, type: 'authorized_user' }),
    ],
    ['of no type', () => fileOf({ ...serviceAccount.file, type: undefined })],
    ['without a key', () => fileOf({ ...serviceAccount.file, private_key: undefined })],
    [
      'with half a key',
      () => fileOf({ ...serviceAccount.file, private_key: '-----BEGIN PRIVATE KEY-----\nAAAA' }),
    ],
  ])('%s keeps the backend from opening, on the side of KKP', async (_what, file) => {
    const error = await refusal(create({ credential, credentialFile: file() }).open(call()));
    expect(error).toMatchObject({ code: 'access-denied', side: 'proxy' });
  });
});

describe('an external account file', () => {
  const credential = 'external_account_file';

  it('has its subject token exchanged', async () => {
    await useOf({ credential, credentialFile: fileOf(externalAccount()) });
    expect(services.seen).toEqual([
      {
        path: '/v1/token',
        form: expect.objectContaining({ scope: 'https://www.googleapis.com/auth/cloudkms' }),
      },
    ]);
  });

  it('is read again for each token, so that what rotates it needs not tell', async () => {
    const source = await loadCredential({ kind: credential, file: fileOf(externalAccount()) });
    const first = await source.getAccessToken();
    const second = await source.getAccessToken();
    expect(second.token).not.toBe(first.token);
    expect(second.expiresAt).toBeGreaterThan(Date.now() + 3_500_000);
    expect(second.expiresAt).toBeLessThanOrEqual(Date.now() + 3_600_000);
  });

  it.each([
    ['whose subject is unknown', () => ({ credential_source: { file: fileOf('another') } }), 'invalid_grant'],
    ['whose subject token is not there', () => ({ credential_source: { file: '/absent' } }), undefined],
    ['without a source', () => ({ credential_source: undefined }), undefined],
  ])('%s keeps the backend from opening, on the side of KKP', async (_what, members, providerCode) => {
    const credentialFile = fileOf(externalAccount(members()));
    const error = await refusal(create({ credential, credentialFile }).open(call()));
    expect(error).toMatchObject({ code: 'access-denied', side: 'proxy' });
    if (providerCode !== undefined) expect(error.providerCode).toBe(providerCode);
  });

  it('of a service that does not answer is left when the call ends', async () => {
    services.instead.push('hang');
    const backend = create({ credential, credentialFile: fileOf(externalAccount()) });
    const opening = refusal(backend.open(call({ withinMs: 300 })));
    await until('the request', () => services.seen.length === 1);
    expect(await within(400, opening)).toMatchObject({ code: 'unavailable' });
  });

  it('of a service that goes on failing makes the backend unavailable', async () => {
    // The library tries four times, and that cannot be turned off: StsCredentials has a transporter of its own.
    services.instead.push(...Array.from({ length: 4 }, () => ({ status: 503, body: { error: 'down' } })));
    const backend = create({ credential, credentialFile: fileOf(externalAccount()) });
    expect(await refusal(backend.open(call()))).toMatchObject({ code: 'unavailable', side: 'proxy' });
  });

  it('of a service that is not there makes the backend unavailable', async () => {
    const token_url = 'http://127.0.0.1:1/v1/token';
    const backend = create({ credential, credentialFile: fileOf(externalAccount({ token_url })) });
    expect(await refusal(backend.open(call()))).toMatchObject({
      code: 'unavailable',
      side: 'proxy',
      providerCode: 'ECONNREFUSED',
    });
  });
});

describe('the metadata server', () => {
  it('gives the token of the machine', async () => {
    process.env.GCE_METADATA_HOST = services.host;
    await useOf({ credential: 'metadata' });
    expect(services.seen).toMatchObject([
      { path: '/computeMetadata/v1/instance/service-accounts/default/token' },
    ]);
  });

  it('that refuses keeps the backend from opening, on the side of KKP', async () => {
    process.env.GCE_METADATA_HOST = services.host;
    services.instead.push({ status: 403, body: {} });
    expect(await refusal(create({ credential: 'metadata' }).open(call()))).toMatchObject({
      code: 'access-denied',
      side: 'proxy',
    });
  });
});

describe('application default credentials', () => {
  it('take the file that GOOGLE_APPLICATION_CREDENTIALS names', async () => {
    process.env.GOOGLE_APPLICATION_CREDENTIALS = fileOf(serviceAccount.file);
    kms.takes = (token) => serviceAccount.verifies(token);
    await useOf({});
    process.env.GOOGLE_APPLICATION_CREDENTIALS = fileOf(externalAccount());
    kms.takes = (token) => services.given.includes(token);
    await useOf({ credential: 'application_default' });
  });

  it('that name a missing file keep the backend from opening, on the side of KKP', async () => {
    process.env.GOOGLE_APPLICATION_CREDENTIALS = join(folder, 'absent.json');
    expect(await refusal(create({}).open(call()))).toMatchObject({ code: 'access-denied', side: 'proxy' });
  });
});

it('a library that is not installed is named, with the command that installs it', async () => {
  const missing = () => Promise.reject(new Error('Cannot find package'));
  const error = await refusal(loadCredential({ kind: 'metadata' }, missing));
  expect(error).toMatchObject({ code: 'unsupported', side: 'proxy' });
  expect(error.message).toContain('npm install google-auth-library');
});
