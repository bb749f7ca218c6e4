import { existsSync, readFileSync, statSync } from 'node:fs';
import { decodeJwt } from 'jose';
import { startOAuth, type ClientName, type OAuthServer } from '../oauth/setup.js';
import { KkpRuns } from './run-kkp.js';

const KEY = '--backend aws --key-id alias/orders';
const GRANT = `grant --audience reports ${KEY}`;
const as = (name: ClientName) => `--api-key-file @${name}`;

let server: OAuthServer;
let kkp: KkpRuns;

const tokenIn = (name: string) => readFileSync(kkp.path(name), 'utf8').trim();
const claimsOf = (name: string) => decodeJwt(tokenIn(name));

async function done(args: string, input?: string): Promise<string> {
  const { code, stdout, stderr } = await kkp.run(args, input);
  if (code !== 0) throw new Error(`${args}: ${stderr}`);
  return stdout;
}

beforeAll(async () => {
  server = await startOAuth();
  kkp = new KkpRuns(() => ({ KKP_URL: server.url }));
  for (const name of ['svc-billing', 'svc-gateway', 'admin'] as const) kkp.file(name, server.keyOf(name));
  kkp.file('jwt', `${server.jwt()}\n`);
  kkp.file('bad-jwt', server.jwt({ aud: 'other' }));
  kkp.file('garbage', 'hunter2-hunter2');
  kkp.file('text', 'attack at dawn');
  await done('dpop create -o @mine');
  await done('dpop create -o @theirs');
  await done(`${GRANT} ${as('svc-billing')} -o @own`);
  await done(`${GRANT} ${as('svc-billing')} --dpop-key @mine -o @bound`);
  await done(`encrypt ${KEY} -i @text -o @envelope ${as('svc-billing')}`);
});
afterAll(async () => {
  await server.close();
  kkp.close();
});

describe('kkp grant', () => {
  it('gets a token for whoever asks, for its owner alone to read', async () => {
    expect(claimsOf('own')).toMatchObject({ sub: 'svc-billing', aud: 'reports', key_id: 'alias/orders' });
    expect(claimsOf('own')).not.toHaveProperty('ops');
    expect(statSync(kkp.path('own')).mode & 0o777).toBe(0o600);
    expect(await done('decrypt --token-file @own -i @envelope')).toBe('attack at dawn');
  });

  it('asks for uses, a life and conditions, and answers in JSON', async () => {
    const asked = '--ops encrypt data_key --ttl 60 --policy-claims {"env":"test"} --client-id svc-billing';
    const answer = JSON.parse(await done(`${GRANT} ${asked} ${as('svc-billing')} --json`)) as object;
    expect(answer).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string,
      ...{ token_type: 'Bearer', expires_in: 60, backend: 'aws', key_id: 'alias/orders' },
      ...{ ops: ['encrypt', 'data_key'], policy_claims: { env: 'test' } },
    });
  });

  it('binds the token to a DPoP key', async () => {
    const jkt = (await done('dpop thumbprint -i @mine')).trim();
    expect(claimsOf('bound').cnf).toEqual({ jkt });
    expect(await done('decrypt --token-file @bound --dpop-key @mine -i @envelope')).toBe('attack at dawn');
  });
});

describe('kkp exchange', () => {
  it('makes less of a token, and names who does', async () => {
    await done(`exchange -i @own --ops decrypt --ttl 30 ${as('svc-gateway')} -o @less`);
    expect(claimsOf('less')).toMatchObject({
      ...{ sub: 'svc-billing', aud: 'reports', ops: ['decrypt'] },
      act: { sub: 'svc-gateway' },
    });
    expect(await done('decrypt --token-file @less -i @envelope')).toBe('attack at dawn');
  });

  it('takes a JWT of an issuer from standard input, with a credential and without', async () => {
    const wanted = `--audience reports ${KEY}`;
    kkp.file('acting', await done(`exchange ${wanted} ${as('svc-gateway')}`, tokenIn('jwt')));
    expect(claimsOf('acting')).toMatchObject({ sub: 'alice', act: { sub: 'svc-gateway' } });
    kkp.file('alone', await done(`exchange ${wanted}`, tokenIn('jwt')));
    expect(claimsOf('alone')).not.toHaveProperty('act');
    const answer = JSON.parse(await done(`exchange -i @jwt ${wanted} --json`)) as object;
    expect(answer).toMatchObject({ issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' });
  });

  it('keeps the key that a token is bound to', async () => {
    await done(`exchange -i @bound --dpop-key @mine ${as('svc-billing')} -o @again`);
    expect(claimsOf('again').cnf).toEqual(claimsOf('bound').cnf);
  });
});

describe('kkp is refused, with', () => {
  const exchange = `exchange -i @own ${as('svc-gateway')}`;
  it.each<[number, string, number, string]>([
    [3, 'unauthenticated', 401, GRANT],
    [3, 'unauthenticated', 401, `${GRANT} --credential-file @own`],
    [3, 'unauthenticated', 401, `${GRANT} --client-id admin ${as('svc-billing')}`],
    [3, 'unauthenticated', 401, 'exchange -i @own'],
    [4, 'invalid_grant', 400, `exchange -i @garbage ${as('svc-gateway')}`],
    [4, 'invalid_grant', 400, `exchange -i @bad-jwt --audience reports ${KEY}`],
    [4, 'invalid_grant', 400, `exchange -i @bound --dpop-key @theirs ${as('svc-billing')}`],
    [2, 'invalid_target', 400, `${exchange} --audience payroll`],
    [2, 'invalid_scope', 400, `${exchange} --ops encrypt`],
    [2, 'invalid_authorization_details', 400, `${exchange} --backend gcp --key-id alias/orders`],
    [2, 'invalid_authorization_details', 400, `grant --audience a --backend b --key-id k ${as('admin')}`],
    [2, 'invalid_request', 400, `exchange -i @jwt ${as('svc-gateway')}`],
    [3, 'policy_denied', 400, `revoke --token-file @own ${as('svc-gateway')}`],
  ])('%d, %s (HTTP %d): %s', async (exit, error, status, args) => {
    const { code, stdout, stderr } = await kkp.run(`${args} --json`);
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
    const message = expect.stringMatching(/^[A-Z].+\.$/) as string;
    expect(JSON.parse(stderr)).toEqual({ error, status, message });
  });

  it.each([
    [/^error: required option '--audience/, `grant ${KEY}`],
    [/audience must be a text that is not empty/, `grant --audience= ${KEY} ${as('svc-billing')}`],
    [/subject_token must be a text that is not empty/, `exchange -i /dev/null ${as('svc-gateway')}`],
    [/give a token file or a rule, not both/, `revoke --token-file @own --jti x ${as('admin')}`],
    [/token must be a text/, `revoke --token-file /dev/null ${as('admin')}`],
  ])('2, %s: %s', async (reason, args) => {
    const { code, stdout, stderr } = await kkp.run(`${args} -o @none`.replace(/^(revoke.*) -o @none/, '$1'));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(reason);
    expect(existsSync(kkp.path('none'))).toBe(false);
  });
});

describe('kkp revoke of a token file', () => {
  it('takes back what is one’s own, once and for all, and says nothing', async () => {
    await done(`${GRANT} ${as('svc-billing')} -o @doomed`);
    const revoke = `revoke --token-file @doomed ${as('svc-billing')}`;
    expect([await done(revoke), await done(revoke)]).toEqual(['', '']);
    expect(await kkp.run(`exchange -i @doomed ${as('svc-gateway')}`)).toMatchObject({ code: 4, stdout: '' });
    expect(await kkp.run('decrypt --token-file @doomed -i @envelope')).toMatchObject({ code: 4 });
    expect(await done('decrypt --token-file @own -i @envelope')).toBe('attack at dawn');
  });

  it('has nothing to say of what is no token', async () => {
    expect(await done(`revoke --token-file @garbage ${as('svc-billing')}`)).toBe('');
  });
});

it('nothing of this came with a secret, on standard error or in the log', () => {
  const names = ['own', 'bound', 'less', 'jwt', 'bad-jwt', 'svc-billing', 'svc-gateway', 'admin', 'garbage'];
  const secrets = names.map(tokenIn).flatMap((secret) => [secret, ...secret.split('.').slice(2)]);
  for (const text of [kkp.stderr, JSON.stringify(server.logs)]) {
    expect(text.length).toBeGreaterThan(100);
    for (const secret of secrets) expect(text).not.toContain(secret);
  }
});
