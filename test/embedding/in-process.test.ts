import { createHash, X509Certificate } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import memory from 'kkp-plugin-memory';
import { Kkp, KkpModule, type AskOptions, type IssueTokenBody } from '../../src/index.js';
import { NOBODY } from '../../src/callers/index.js';
import { athOf, proofMaker, type ProofMaker } from '../support/dpop.js';
import { selfSigned } from '../support/self-signed.js';
import { GRANT } from '../support/server.js';
import { PLATFORMS, schedule, startHost } from './host.js';

const KEY = { backend: 'aws', key_id: 'alias/orders' };
const URL = 'https://host.example/orders/7';
const CALLER = { kind: 'test', id: GRANT.subject, scopes: [], attributes: {} };
const ALL = ['decrypt', 'encrypt', 'rewrap', 'data_key'] as const;

describe('a KKP token that code of the same process shows for its client', () => {
  let app: INestApplication;
  let kkp: Kkp;
  let client: ProofMaker;
  let thief: ProofMaker;
  beforeAll(async () => {
    [client, thief] = [await proofMaker(), await proofMaker('EdDSA')];
    const callers = [{ authenticate: () => Promise.resolve(undefined) }];
    const backends = [memory({ name: 'aws', emulates: 'aws' })];
    ({ app } = await startHost(PLATFORMS[0][1], [
      schedule(),
      KkpModule.forRoot({ backends, callers, http: false, log: () => undefined }),
    ]));
    kkp = app.get(Kkp);
  });
  afterAll(() => app.close());

  const issue = async (more: Partial<IssueTokenBody> = {}) =>
    (await kkp.issueToken({ ...GRANT, ops: ALL, ...more }, { caller: CALLER })).token;
  const encrypt = (options: AskOptions) => kkp.encrypt({ ...KEY, plaintext: 'x' }, options);
  const dpop = async (token: string, changes: object = {}, by = client) => ({
    proof: await by.prove({ htm: 'POST', htu: URL, ath: athOf(token), ...changes }),
    method: 'POST',
    url: URL,
  });

  it('stands in for a caller, and is judged', async () => {
    const token = await issue();
    const { envelope } = await encrypt({ token });
    expect(await kkp.decrypt({ envelope }, { token })).toMatchObject({ plaintext: 'x' });
    expect(await kkp.generateDataKey(KEY, { token })).toBeDefined();
    expect(await kkp.encryptEach({ items: [{ ...KEY, plaintext: 'x' }] }, { token })).toMatchObject({
      results: [{ status: 200 }],
    });
    await expect(encrypt({})).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(encrypt({ token: `${token}A` })).rejects.toMatchObject({ code: 'invalid_token' });
    await expect(encrypt({ token: await issue({ ops: ['decrypt'] }) })).rejects.toMatchObject({
      code: 'policy_denied',
    });
    await expect(kkp.decrypt({ token, envelope }, { token })).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await expect(kkp.issueToken(GRANT, { token, caller: NOBODY })).rejects.toMatchObject({
      code: 'invalid_bearer',
    });
  });

  it('is refused without its proof when it is bound, and let in with it once', async () => {
    const token = await issue({ cnf: { jkt: client.jkt } });
    await expect(encrypt({ token })).rejects.toMatchObject({ code: 'unproven_token' });
    await expect(encrypt({ token, caller: CALLER })).rejects.toMatchObject({ code: 'unproven_token' });
    const { envelope } = await encrypt({ token, dpop: await dpop(token) });
    await expect(kkp.decrypt({ token, envelope })).rejects.toMatchObject({ code: 'unproven_token' });
    const once = await dpop(token);
    expect(await kkp.decrypt({ envelope }, { token, dpop: once })).toMatchObject({ plaintext: 'x' });
    await expect(kkp.decrypt({ envelope }, { token, dpop: once })).rejects.toMatchObject({
      code: 'invalid_dpop_proof',
    });
    const asked = { ...(await dpop(token)), url: `${URL}?page=2#a` };
    expect(await kkp.decrypt({ token, envelope }, { dpop: asked })).toBeDefined();
  });

  it.each<[string, (token: string) => Promise<NonNullable<AskOptions['dpop']>>, string]>([
    ['of another key', (token) => dpop(token, {}, thief), 'unproven_token'],
    ['for another token', (token) => dpop(token, { ath: athOf('other') }), 'invalid_dpop_proof'],
    ['for no token', (token) => dpop(token, { ath: undefined }), 'invalid_dpop_proof'],
    ['for another method', (token) => dpop(token, { htm: 'GET' }), 'invalid_dpop_proof'],
    ['for another URL', (token) => dpop(token, { htu: `${URL}1` }), 'invalid_dpop_proof'],
    ['that is old', (token) => dpop(token, { iat: 1 }), 'invalid_dpop_proof'],
    ['that is none', async (token) => ({ ...(await dpop(token)), proof: 'x' }), 'invalid_dpop_proof'],
    ['at no URL', async (token) => ({ ...(await dpop(token)), url: '/orders/7' }), 'invalid_dpop_proof'],
  ])('is refused with a proof %s', async (_what, prove, code) => {
    const token = await issue({ cnf: { jkt: client.jkt } });
    await expect(encrypt({ token, dpop: await prove(token) })).rejects.toMatchObject({ code });
  });

  it('is let in for the client of its certificate alone', async () => {
    const [own, other] = ['client', 'other'].map((name) => new X509Certificate(selfSigned(name).cert).raw);
    const thumbprint = createHash('sha256').update(own!).digest('base64url');
    const token = await issue({ cnf: { 'x5t#S256': thumbprint } });
    expect(await encrypt({ token, clientCertificate: own! })).toBeDefined();
    for (const more of [{}, { clientCertificate: other! }, { clientCertificate: Buffer.alloc(0) }]) {
      await expect(encrypt({ token, ...more })).rejects.toMatchObject({ code: 'invalid_token' });
    }
  });
});
