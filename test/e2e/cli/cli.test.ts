import { readFileSync, statSync } from 'node:fs';
import { startProcess, type RunningServer } from '../../support/process.js';
import { CANARY, KkpRuns } from './run-kkp.js';

const KEY = '--backend aws --key-id alias/orders';
const GRANT = `--subject svc --audience reports ${KEY}`;
const SECRET = Buffer.concat([
  Buffer.from(`${CANARY} `),
  Buffer.from(Array.from({ length: 256 }, (_, n) => n)),
]);

let server: RunningServer;
let kkp: KkpRuns;

beforeAll(async () => {
  server = await startProcess();
  kkp = new KkpRuns(() => ({ KKP_URL: server.url }));
  for (const [name, input] of [
    ['token', `token ${GRANT} -o @token`],
    ['envelope', `encrypt ${KEY} -o @envelope`],
  ] as const) {
    const { code, stderr } = await kkp.run(input, SECRET);
    if (code !== 0) throw new Error(`no ${name}: ${stderr}`);
  }
  kkp.file('changed', readFileSync(kkp.path('envelope'), 'utf8').replace(/"nonce":"..../, '"nonce":"AAAA'));
  kkp.file('unsigned', readFileSync(kkp.path('token'), 'utf8').replace(/\.[^.]{20}/, `.${'A'.repeat(20)}`));
});

afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.finished;
  kkp.close();
});

describe('kkp', () => {
  it('opens what it sealed, byte by byte', async () => {
    const { code, stdout } = await kkp.run('decrypt --token-file @token -i @envelope -o @opened');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(readFileSync(kkp.path('opened')).equals(SECRET)).toBe(true);
  });

  it('writes files that only their owner may read', () => {
    for (const name of ['token', 'envelope']) expect(statSync(kkp.path(name)).mode & 0o777).toBe(0o600);
  });

  it('reads standard input and writes JSON', async () => {
    const sealed = await kkp.run(`encrypt ${KEY} --associated-data order`, 'text');
    const opened = await kkp.run('decrypt --json', sealed.stdout, { KKP_TOKEN_FILE: kkp.path('token') });
    expect(JSON.parse(opened.stdout)).toMatchObject({
      plaintext_base64: Buffer.from('text').toString('base64url'),
      claims: { sub: 'svc', aud: 'reports' },
    });
  });

  it('moves an envelope to another key of its backend', async () => {
    const { stdout } = await kkp.run('rewrap --token-file @token -i @envelope --key-id alias/other');
    expect(JSON.parse(stdout)).toMatchObject({ backend: 'aws', key_id: 'alias/other' });
  });

  it('makes data keys, with and without their plaintext', async () => {
    const whole = JSON.parse((await kkp.run(`datakey ${KEY} --bytes 16`)).stdout) as Record<string, string>;
    expect(Buffer.from(whole.plaintext_base64!, 'base64url')).toHaveLength(16);
    const wrapped = JSON.parse((await kkp.run(`datakey ${KEY} --no-plaintext`)).stdout) as object;
    expect(Object.keys(wrapped)).toEqual(['envelope']);
  });

  it('verifies a token by the keys of the server, and by a file of them', async () => {
    kkp.file('jwks', (await kkp.run('jwks')).stdout);
    const online = await kkp.run('verify -i @token --audience reports');
    const offline = await kkp.run('verify -i @token --jwks @jwks --url http://127.0.0.1:1');
    expect([online.code, offline.code]).toEqual([0, 0]);
    expect(JSON.parse(online.stdout)).toMatchObject({ sub: 'svc', key_id: 'alias/orders' });
    expect(offline.stdout).toBe(online.stdout);
  });

  it('rotates, and says which key signs now', async () => {
    const { kid } = JSON.parse((await kkp.run('rotate --json')).stdout) as { kid: string };
    expect(JSON.parse((await kkp.run(`token ${GRANT} --json`)).stdout)).toMatchObject({ kid });
  });

  it('takes back a token, which then is neither opened with nor active', async () => {
    const { token } = JSON.parse((await kkp.run(`token ${GRANT} --json`)).stdout) as { token: string };
    kkp.file('doomed', token);
    const before = await kkp.run('introspect', `${token}\n`);
    const { jti } = JSON.parse(before.stdout) as { jti: string };
    expect(before.code).toBe(0);
    expect(JSON.parse((await kkp.run(`revoke --jti ${jti}`)).stdout)).toMatchObject({ rule: { jti } });
    const after = await kkp.run('introspect', token);
    expect([after.code, after.stdout]).toEqual([4, '{"active":false}\n']);
    const list = `--revocations ${server.url}/.well-known/kkp-revocations`;
    expect(await kkp.run(`verify -i @doomed ${list}`)).toMatchObject({ code: 4, stdout: '' });
    expect(await kkp.run(`verify -i @token ${list}`)).toMatchObject({ code: 0 });
    expect(await kkp.run('decrypt --token-file @doomed -i @envelope')).toMatchObject({ code: 4, stdout: '' });
  });
});

describe('exit codes of kkp', () => {
  it.each([
    [2, 'nonsense'],
    [2, 'token'],
    [2, `encrypt ${KEY} ${CANARY}`],
    [2, `encrypt ${KEY} -i /nowhere`],
    [2, `encrypt ${KEY} -i @envelope -o /nowhere/file`],
    [2, `encrypt ${KEY} -i @envelope --context []`],
    [2, `encrypt ${KEY} -i @envelope --timeout 0`],
    [2, `encrypt ${KEY} -i @envelope --url ftp://host`],
    [2, 'encrypt --backend none --key-id k -i @envelope'],
    [2, `token ${GRANT} --ttl 100000`],
    [2, `datakey ${KEY} --bytes 24`],
    [2, 'decrypt -i @envelope'],
    [2, 'decrypt --token-file @token -i @token'],
    [2, 'verify -i @token --jwks @token'],
    [2, 'revoke'],
    [2, 'revoke --jti a --kid b'],
    [2, 'completion tcsh'],
    [3, 'decrypt --token-file @token -i @envelope --expected-audience other'],
    [4, 'decrypt --token-file @token -i @changed'],
    [4, 'decrypt --token-file @unsigned -i @envelope'],
    [4, 'verify -i @unsigned'],
    [4, 'verify -i @token --audience other'],
    [4, 'verify -i @token --max-lifetime 1'],
    [4, 'verify -i @envelope'],
    [4, 'verify -i @token --jwks @envelope'],
    [4, 'introspect -i @unsigned'],
    [5, 'jwks --url http://127.0.0.1:1'],
    [5, 'verify -i @token --url http://127.0.0.1:1'],
  ])('%d: %s', async (expected, args) => {
    const { code, stdout, stderr } = await kkp.run(args);
    expect([code, args.startsWith('introspect') ? '' : stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(/^(kkp|error): .+/);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('are all in the help', async () => {
    for (const args of ['--help', 'decrypt --help']) {
      const { code, stdout } = await kkp.run(args);
      expect(code).toBe(0);
      for (const known of [0, 1, 2, 3, 4, 5]) expect(stdout).toMatch(new RegExp(`^ +${known} {2}\\w`, 'm'));
    }
  });

  it('come with an error in JSON where JSON was asked for', async () => {
    const { code, stderr } = await kkp.run('decrypt --json --token-file @unsigned -i @envelope');
    expect(code).toBe(4);
    expect(JSON.parse(stderr)).toMatchObject({ error: 'invalid_token', status: 401 });
  });

  it('never come with a secret on standard error', () => {
    const token = readFileSync(kkp.path('token'), 'utf8').trim();
    expect(kkp.stderr).not.toBe('');
    for (const secret of [CANARY, token, token.split('.')[2]!]) expect(kkp.stderr).not.toContain(secret);
  });
});
