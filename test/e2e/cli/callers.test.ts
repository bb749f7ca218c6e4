import { existsSync, readFileSync } from 'node:fs';
import { apiKey, jwt } from '../../../src/index.js';
import { makeKey, signJwt, TestIssuer } from '../../support/issuer.js';
import { startServer, type TestServer } from '../../support/server.js';
import { KkpRuns } from './run-kkp.js';

const KEY = '--backend aws --key-id alias/orders';
const tokenFor = (subject: string) => `token --subject ${subject} --audience reports ${KEY}`;
const as = (caller: string) => `--api-key-file @${caller}`;
const by = (credential: string) => `--credential-file @${credential}`;
const ISSUER = 'https://kkp.example';
const nowSeconds = () => Math.floor(Date.now() / 1000);

const [signer, evil] = [makeKey('RS256', 'Key-1'), makeKey('RS256', 'Key-1')];
let issuer: TestIssuer;
let server: TestServer;
/** Another KKP, with keys, callers, an issuer and a type of tokens of its own. */
let stranger: TestServer;
let kkp: KkpRuns;
let url = 'http://127.0.0.1:1';
/** Milliseconds by which the server's clock is ahead. */
let ahead = 0;
const secrets: string[] = [];

function secretFile(name: string, secret: string): void {
  kkp.file(name, `${secret}\n`);
  secrets.push(secret);
}

async function makeApiKey(name: string, options = ''): Promise<void> {
  const { stdout } = await kkp.run(`apikey create --name ${name} --file @keys.json ${options}`.trim());
  secretFile(name, (JSON.parse(stdout) as { key: string }).key);
}

async function done(args: string): Promise<string> {
  const { code, stdout, stderr } = await kkp.run(args);
  if (code !== 0) throw new Error(`${args}: ${stderr}`);
  return stdout;
}

async function makeToken(name: string, args: string): Promise<string> {
  secretFile(name, (await done(args)).trim());
  return secrets.at(-1)!;
}

const jtiOf = (token: string) =>
  (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { jti: string }).jti;

beforeAll(async () => {
  issuer = await TestIssuer.start(signer);
  kkp = new KkpRuns(() => ({ KKP_URL: url }));
  await makeApiKey('svc');
  await makeApiKey('desk', '--scope kkp:issue');
  await makeApiKey('ops', '--scope kkp:admin');
  await makeApiKey('brief', '--expires 1h');
  const clock = { now: () => Date.now() + ahead };
  const trusted = { issuer: issuer.url, audience: 'kkp', jwksUrl: issuer.jwksUrl };
  const scopes = { 'kkp:admin': ['kms.admin'] };
  server = await startServer({
    overrides: {
      clock,
      callers: [apiKey({ file: kkp.path('keys.json') }, clock), jwt({ ...trusted, scopes }, clock)],
    },
  });
  url = server.url;
  stranger = await startServer({ overrides: { tokens: { issuer: ISSUER, typ: 'at+jwt' } } });

  const claims = (more: object = {}) => issuer.claims(nowSeconds(), { sub: 'alice', ...more });
  secretFile('alice', signJwt(claims(), signer));
  secretFile('root', signJwt(claims({ sub: 'root', scope: 'kms.admin' }), signer));
  secretFile('past', signJwt(claims({ iat: nowSeconds() - 600, exp: nowSeconds() - 300 }), signer));
  secretFile('elsewhere', signJwt(claims({ aud: 'other' }), signer));
  secretFile('forged', signJwt(claims(), evil));
  secretFile('nobody', `kkp_${'0'.repeat(16)}_${'A'.repeat(43)}`);
  secretFile('changed', `${readFileSync(kkp.path('ops'), 'utf8').trim().slice(0, -4)}AAAA`);
  secretFile('garbage', 'hunter2-hunter2');
  kkp.file('text', 'attack at dawn');

  await makeToken('good', `${tokenFor('svc')} ${as('svc')}`);
  const revoked = await makeToken(
    'revoked',
    `${tokenFor('svc')} --ops decrypt rewrap encrypt data_key ${as('svc')}`,
  );
  await done(`revoke --jti ${jtiOf(revoked)} ${as('ops')}`);
  await makeToken(
    'expired',
    `${tokenFor('svc')} --ops decrypt rewrap encrypt data_key --ttl 30 ${as('svc')}`,
  );
  await makeToken('foreign', `${tokenFor('svc')} --url ${stranger.url}`);
  await done(`encrypt ${KEY} -i @text -o @envelope ${as('svc')}`);
  ahead = 60_000;
});

afterAll(async () => {
  await server.close();
  await stranger.close();
  await issuer.close();
  kkp.close();
});

describe('kkp is allowed', () => {
  it.each([
    ['a token for oneself, by an API key', `${tokenFor('svc')} ${as('svc')}`],
    ['a token for oneself, by a JWT', `${tokenFor('alice')} ${by('alice')}`],
    ['a token for another, with the scope', `${tokenFor('alice')} ${as('desk')}`],
    ['to encrypt, as a caller', `encrypt ${KEY} -i @text ${by('alice')}`],
    ['to decrypt, with a token alone', 'decrypt --token-file @good -i @envelope'],
    [
      'to decrypt, with a token beside a credential',
      `decrypt --token-file @good -i @envelope ${by('alice')}`,
    ],
    ['to introspect, with the scope', `introspect -i @good ${as('ops')}`],
    ['to rotate, with a scope of the issuer', `rotate ${by('root')}`],
  ])('%s', async (_, args) => {
    expect(await kkp.run(args)).toMatchObject({ code: 0, stderr: '' });
  });
});

/** [exit code, error code, HTTP status, what it is, command] */
const REFUSED: [number, string, number, string, string][] = [
  ...[
    tokenFor('svc'),
    `encrypt ${KEY} -i @text`,
    `datakey ${KEY}`,
    'rotate',
    'revoke --subject svc',
    'introspect -i @good',
  ].map((args): (typeof REFUSED)[number] => [3, 'unauthenticated', 401, 'no credential', args]),
  ...['nobody', 'changed', 'garbage', 'alice'].flatMap((key): typeof REFUSED => [
    [3, 'unauthenticated', 401, `the API key "${key}"`, `${tokenFor('svc')} ${as(key)}`],
    [3, 'unauthenticated', 401, `the API key "${key}"`, `rotate ${as(key)}`],
  ]),
  ...['past', 'elsewhere', 'forged', 'garbage', 'svc', 'good'].flatMap((token): typeof REFUSED => [
    [3, 'unauthenticated', 401, `the bearer token "${token}"`, `${tokenFor('alice')} ${by(token)}`],
    [3, 'unauthenticated', 401, `the bearer token "${token}"`, `rotate ${by(token)}`],
  ]),
  [3, 'policy_denied', 403, 'another subject, by an API key', `${tokenFor('alice')} ${as('svc')}`],
  [3, 'policy_denied', 403, 'another subject, by a JWT', `${tokenFor('svc')} ${by('alice')}`],
  [3, 'policy_denied', 403, 'another subject, for an administrator', `${tokenFor('svc')} ${as('ops')}`],
  [3, 'policy_denied', 403, 'another subject, for one of the issuer', `${tokenFor('svc')} ${by('root')}`],
  ...['rotate', 'revoke --subject svc', 'introspect -i @good'].flatMap((args): typeof REFUSED => [
    [3, 'policy_denied', 403, 'no scope', `${args} ${as('svc')}`],
    [3, 'policy_denied', 403, 'another scope', `${args} ${as('desk')}`],
    [3, 'policy_denied', 403, 'no scope of the issuer', `${args} ${by('alice')}`],
  ]),
  [
    3,
    'policy_denied',
    403,
    'another audience',
    'decrypt --token-file @good -i @envelope --expected-audience x',
  ],
  [3, 'policy_denied', 403, 'a move by a token alone', 'rewrap --token-file @good -i @envelope --key-id k'],
  [3, 'policy_denied', 403, 'a token of other uses', `encrypt ${KEY} -i @text --token-file @good`],
  ...['revoked', 'expired', 'foreign'].flatMap((token): typeof REFUSED => [
    [4, 'invalid_token', 401, `a token that is ${token}`, `decrypt --token-file @${token} -i @envelope`],
    [
      4,
      'invalid_token',
      401,
      `a token that is ${token}`,
      `rewrap --token-file @${token} -i @envelope ${as('svc')}`,
    ],
  ]),
  ...['revoked', 'expired'].flatMap((token): typeof REFUSED => [
    [
      4,
      'invalid_token',
      401,
      `a token that is ${token}`,
      `encrypt ${KEY} -i @text --token-file @${token} ${as('svc')}`,
    ],
    [4, 'invalid_token', 401, `a token that is ${token}`, `datakey ${KEY} --token-file @${token}`],
  ]),
  // In the header, what is not KKP's own is a credential, also beside a good one.
  ...[` ${as('svc')}`, ''].flatMap((key): typeof REFUSED => [
    [3, 'unauthenticated', 401, 'a foreign token', `encrypt ${KEY} -i @text --token-file @foreign${key}`],
    [3, 'unauthenticated', 401, 'a foreign token', `datakey ${KEY} --token-file @foreign${key}`],
  ]),
  [4, 'invalid_token', 401, 'no token of KKP', 'decrypt --token-file @garbage -i @envelope'],
  [
    4,
    'invalid_token',
    401,
    'the credential in place of the token',
    'decrypt --token-file @alice -i @envelope',
  ],
];

describe('kkp is refused', () => {
  it.each(REFUSED)('with %d, %s (HTTP %d), for %s: %s', async (exit, error, status, _, args) => {
    const { code, stdout, stderr } = await kkp.run(args);
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^kkp: [A-Z][^\\n]+ \\(${error}, HTTP ${status}\\)\\n$`));
  });

  it.each(REFUSED.filter((_, at) => at % 6 === 0))(
    'with %d, %s (HTTP %d) as JSON, for %s: %s --json',
    async (exit, error, status, _, args) => {
      const { code, stdout, stderr } = await kkp.run(`${args} --json`);
      expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
      expect(JSON.parse(stderr)).toEqual({
        ...{ error, status, message: expect.any(String) as string },
        instance: expect.stringMatching(/^urn:kkp:request:/) as string,
      });
    },
  );

  it('and writes no file then', async () => {
    for (const args of [`${tokenFor('alice')} ${as('svc')}`, 'decrypt --token-file @revoked -i @envelope']) {
      expect((await kkp.run(`${args} -o @none`)).code).toBeGreaterThan(0);
      expect(existsSync(kkp.path('none'))).toBe(false);
    }
  });
});

describe('kkp at the wrong server', () => {
  const closed = 'http://127.0.0.1:1';
  it.each<[number, RegExp, () => string]>([
    [4, /names a key that is not in the key set/, () => `verify -i @good --url ${stranger.url}`],
    [4, /names a key that is not in the key set/, () => `verify -i @foreign --typ at+jwt`],
    [4, /names a key that is not in the key set/, () => `verify -i @good --url ${issuer.url}`],
    [
      4,
      /must not be relied on: unknown_key/,
      () => `verify -i @good --revocations ${stranger.url}/.well-known/kkp-revocations`,
    ],
    [4, /relied on: malformed/, () => `verify -i @good --revocations ${server.url}/keys/jwks`],
    [4, /\(invalid_token, HTTP 401\)/, () => `decrypt --token-file @good -i @envelope --url ${stranger.url}`],
    [
      5,
      /The answer of POST \/token lacks a member/,
      () => `${tokenFor('svc')} ${as('svc')} --url ${issuer.url}`,
    ],
    [5, /lacks a member/, () => `decrypt --token-file @good -i @envelope --url ${issuer.url}`],
    [2, /\(not_found, HTTP 404\)/, () => `${tokenFor('svc')} ${as('svc')} --url ${server.url}/kkp`],
    [5, /could not be reached/, () => `${tokenFor('svc')} ${as('svc')} --url ${closed}`],
    [5, /could not be reached/, () => `decrypt --token-file @good -i @envelope --url ${closed}`],
  ])('ends with %d: %s', async (exit, reason, args) => {
    const { code, stdout, stderr } = await kkp.run(args());
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
    expect(stderr).toMatch(/^kkp: [^\n]+\n$/);
    expect(stderr).toMatch(reason);
  });
});

describe('kkp verify, of a server with an issuer and a type', () => {
  const verify = 'verify -i @foreign';

  it('takes a token by both', async () => {
    const { code, stdout } = await kkp.run(`${verify} --typ at+jwt --issuer ${ISSUER} --url ${stranger.url}`);
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ iss: ISSUER, sub: 'svc' })]);
  });

  it.each([
    [4, /the typ asked for/, `${verify} --issuer ${ISSUER}`],
    [4, /the typ asked for/, `${verify} --issuer ${ISSUER} --typ JWT`],
    [4, /claims are not exactly those/, `${verify} --typ at+jwt`],
    [4, /another issuer, or of none/, `${verify} --typ at+jwt --issuer ${ISSUER}/`],
    [
      4,
      /another issuer, or of none/,
      `${verify} --typ at+jwt --issuer https://other.example --allow-claim iss`,
    ],
    [2, /Allowed choices are JWT, at\+jwt/, `${verify} --issuer ${ISSUER} --typ dpop+jwt`],
    [2, /argument missing/, `${verify} --typ at+jwt --issuer`],
  ])('ends with %d, %s: %s', async (exit, reason, args) => {
    const { code, stdout, stderr } = await kkp.run(args, undefined, { KKP_URL: stranger.url });
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
    expect(stderr).toMatch(reason);
  });

  it('refuses a token without an issuer where one is asked for', async () => {
    const { code, stderr } = await kkp.run(`verify -i @good --issuer ${ISSUER}`);
    expect(code).toBe(4);
    expect(stderr).toBe('kkp: The token is of another issuer, or of none.\n');
  });
});

describe('kkp later on', () => {
  afterAll(() => (ahead = 60_000));

  it('is refused with an API key that has ended', async () => {
    expect(await kkp.run(`${tokenFor('brief')} ${as('brief')}`)).toMatchObject({ code: 0 });
    ahead = 3601_000;
    const { code, stdout, stderr } = await kkp.run(`${tokenFor('brief')} ${as('brief')}`);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/\(unauthenticated, HTTP 401\)/);
  });

  it('is refused with a proof of long ago, which says what is wrong', async () => {
    ahead = 3601_000;
    await done('dpop create -o @dpop.pem');
    await makeToken('bound', `${tokenFor('svc')} ${as('svc')} --dpop-key @dpop.pem`);
    const args = 'decrypt --token-file @bound --dpop-key @dpop.pem -i @envelope';
    expect(await kkp.run(args)).toEqual({
      code: 4,
      stdout: '',
      stderr: 'kkp: The iat of the proof is not of the last 60 seconds. (invalid_dpop_proof, HTTP 401)\n',
    });
    expect(JSON.parse((await kkp.run(`${args} --json`)).stderr)).toMatchObject({
      error: 'invalid_dpop_proof',
    });
  });
});

it('nothing of this came with a secret, on standard error or in the log of a server', () => {
  const parts = secrets.flatMap((secret) => [secret, ...secret.split('.').slice(2)]);
  expect(parts.length).toBeGreaterThan(20);
  const texts = [kkp.stderr, ...[server, stranger].map(({ logs }) => JSON.stringify(logs))];
  for (const text of texts) {
    expect(text.length).toBeGreaterThan(100);
    for (const secret of [...parts, 'attack at dawn']) expect(text).not.toContain(secret);
  }
});
