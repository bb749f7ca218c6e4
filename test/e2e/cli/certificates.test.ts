import { readFileSync } from 'node:fs';
import { decodeJwt } from 'jose';
import { startMtls, SVIDS, type MtlsServer } from '../../support/mtls-server.js';
import { KkpRuns } from './run-kkp.js';

const KEY = '--backend aws --key-id alias/orders';
const GRANT = `grant --audience reports ${KEY}`;

let server: MtlsServer;
let kkp: KkpRuns;

/** Options that name the files of a caller; `@` is the folder of the server here. */
const as = (name: string, key = name) => `--cert-file @${name}.pem --key-file @${key}.key`;
const run = (args: string, env: Record<string, string> = {}, input?: string) =>
  kkp.run(args.replaceAll('@', `${server.path('')}/`), input, env);
const trust = '--ca-file @ca.pem';

async function done(args: string, input?: string): Promise<string> {
  const { code, stdout, stderr } = await run(args, {}, input);
  if (code !== 0) throw new Error(`${args}: ${stderr}`);
  return stdout;
}

beforeAll(async () => {
  server = await startMtls();
  kkp = new KkpRuns(() => ({ KKP_URL: server.url }));
  await done(`${GRANT} ${as('billing')} ${trust} -o @token`);
  await done(`encrypt ${KEY} ${as('billing')} ${trust} -o @envelope`, 'attack at dawn');
});
afterAll(async () => {
  await server.close();
  kkp.close();
});

describe('kkp with a client certificate', () => {
  it('is a caller, and gets tokens that are bound to the certificate', () => {
    const claims = decodeJwt(readFileSync(server.path('token'), 'utf8').trim());
    const hash = expect.stringMatching(/^[\w-]{43}$/) as string;
    expect(claims).toMatchObject({ sub: SVIDS.billing, cnf: { 'x5t#S256': hash } });
  });

  it('uses a bound token, with files that the environment names', async () => {
    const env = {
      KKP_CERT_FILE: server.path('billing.pem'),
      KKP_KEY_FILE: server.path('billing.key'),
      KKP_CA_FILE: server.path('ca.pem'),
    };
    const { code, stdout } = await run('decrypt --token-file @token -i @envelope', env);
    expect([code, stdout]).toEqual([0, 'attack at dawn']);
  });

  it.each([
    `token --subject ${SVIDS.billing} --audience reports ${KEY}`,
    'exchange -i @token --ops decrypt',
    'rewrap --token-file @token -i @envelope',
    'jwks',
    'revoke --token-file @token',
  ])('does: %s', async (args) => {
    expect(await run(`${args} ${as('billing')} ${trust}`)).toMatchObject({ code: 0, stderr: '' });
  });

  it('verifies by keys and a list that it fetches over TLS', async () => {
    await done(`${GRANT} ${as('gateway')} ${trust} -o @fresh`);
    const verify = `verify -i @fresh --allow-claim cnf ${trust}`;
    const list = `--revocations ${server.url}/.well-known/kkp-revocations`;
    expect(await run(`${verify} ${list}`)).toMatchObject({ code: 0, stderr: '' });
    expect(await run(`${verify.replace('fresh', 'token')} ${list}`)).toMatchObject({ code: 4, stdout: '' });
  });
});

describe('kkp is nobody', () => {
  it.each([
    [3, /\(unauthenticated, HTTP 401\)/, `${GRANT} ${trust}`],
    [3, /\(unauthenticated, HTTP 401\)/, `encrypt ${KEY} -i @ca.pem ${trust}`],
    [
      4,
      /bound to a client certificate.* \(invalid_token, HTTP 401\)/,
      `decrypt --token-file @token -i @envelope ${trust}`,
    ],
    [4, /\(invalid_token, HTTP 401\)/, `decrypt --token-file @token -i @envelope ${as('gateway')} ${trust}`],
    [4, /\(invalid_grant, HTTP 400\)/, `exchange -i @token ${as('gateway')} ${trust}`],
    [
      3,
      /\(policy_denied, HTTP 403\)/,
      `token --subject ${SVIDS.billing} --audience a ${KEY} ${as('gateway')} ${trust}`,
    ],
    [5, /could not be reached\. \([A-Z_0-9]+\)/, `${GRANT} ${as('strange')} ${trust}`],
    [5, /could not be reached\. \([A-Z_0-9]+\)/, `${GRANT} ${as('billing')} --ca-file @other-ca.pem`],
    [5, /could not be reached\. \([A-Z_0-9]+\)/, `${GRANT} ${as('billing')}`],
    [5, /could not be reached\. \([A-Z_0-9]+\)/, GRANT],
    [5, /could not be reached\. \([A-Z_0-9]+\)/, 'verify -i @token --allow-claim cnf'],
  ])('and ends with %d, %s: %s', async (exit, reason, args) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(/^kkp: [^\n]+\n$/);
  });
});

describe('kkp does not use', () => {
  it.each([
    [
      'a certificate of another key',
      /billing\.pem is not one of the key in .*gateway\.key/,
      as('billing', 'gateway'),
    ],
    ['authorities that are not there', /absent cannot be read \(ENOENT\)/, '--ca-file @absent'],
    [
      'certificates without TLS',
      /certificates are for https, and http:/,
      `${as('billing')} --url http://127.0.0.1:1`,
    ],
  ])('%s', async (_name, reason, options) => {
    const { code, stdout, stderr } = await run(`jwks ${options}`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^kkp: [^\n]+\n$/);
    expect(stderr).toMatch(reason);
  });

  it('a list of revocations without TLS', async () => {
    const { code, stderr } = await run(`verify -i @token ${trust} --revocations http://127.0.0.1:1/list`);
    expect([code, stderr]).toEqual([
      2,
      'kkp: certificates are for https, and http://127.0.0.1:1/list is not\n',
    ]);
  });
});

it('nothing of this came with a secret on standard error', () => {
  const keys = ['billing', 'gateway'].map(
    (name) => readFileSync(server.path(`${name}.key`), 'utf8').split('\n')[1]!,
  );
  for (const secret of [...keys, readFileSync(server.path('token'), 'utf8').trim()])
    expect(kkp.stderr).not.toContain(secret);
});
