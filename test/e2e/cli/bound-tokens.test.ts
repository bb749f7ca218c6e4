import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { calculateJwkThumbprint, decodeJwt, importPKCS8, exportJWK } from 'jose';
import { startProcess, type RunningServer } from '../../support/process.js';
import { CANARY, KkpRuns } from './run-kkp.js';

const KEY = '--backend aws --key-id alias/orders';
const GRANT = `token --subject svc --audience reports ${KEY}`;
const EVERY_USE = '--ops decrypt encrypt rewrap data_key';

let server: RunningServer;
let kkp: KkpRuns;

const pem = (type: string, options: object = {}): string =>
  generateKeyPairSync(type as 'ed25519', options).privateKey.export({
    format: 'pem',
    type: 'pkcs8',
  }) as string;

function keyFile(name: string, data: string | Buffer, mode = 0o600): void {
  kkp.file(name, data);
  chmodSync(kkp.path(name), mode);
}

/** Of some other key. */
const JKT = `${'B'.repeat(42)}A`;

const claimsOf = (name: string) => decodeJwt(readFileSync(kkp.path(name), 'utf8').trim());

beforeAll(async () => {
  server = await startProcess();
  kkp = new KkpRuns(() => ({ KKP_URL: server.url }));
  kkp.file('text', CANARY);
  for (const args of [
    'dpop create -o @mine',
    'dpop create -o @theirs --alg EdDSA',
    `${GRANT} ${EVERY_USE} --dpop-key @mine -o @bound`,
    `${GRANT} ${EVERY_USE} -o @free`,
    `${GRANT} ${EVERY_USE} --cnf {"x5t#S256":"${'A'.repeat(43)}"} -o @certified`,
    `encrypt ${KEY} -i @text -o @envelope`,
  ]) {
    const { code, stderr } = await kkp.run(args);
    if (code !== 0) throw new Error(`${args}: ${stderr}`);
  }
  keyFile(
    'sec1',
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'sec1' }),
  );
  keyFile('rsa', pem('rsa', { modulusLength: 2048 }));
  keyFile('p384', pem('ec', { namedCurve: 'P-384' }));
  keyFile('x25519', pem('x25519'));
  keyFile('open', pem('ed25519'), 0o640);
  keyFile('world', pem('ed25519'), 0o604);
  keyFile('public', generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }));
  keyFile('garbage', CANARY);
  keyFile('empty', '');
  const { privateKey } = generateKeyPairSync('ed25519');
  const secret = { cipher: 'aes-256-cbc', passphrase: CANARY };
  keyFile('locked', privateKey.export({ format: 'pem', type: 'pkcs8', ...secret }));
});

afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.finished;
  kkp.close();
});

describe('kkp dpop', () => {
  it.each([
    ['mine', 'ES256'],
    ['theirs', 'EdDSA'],
  ])('made the key %s for its owner alone, and tells its thumbprint', async (name, alg) => {
    expect(statSync(kkp.path(name)).mode & 0o777).toBe(0o600);
    const key = await importPKCS8(readFileSync(kkp.path(name), 'utf8'), alg, { extractable: true });
    const jkt = await calculateJwkThumbprint(await exportJWK(key));
    expect((await kkp.run(`dpop thumbprint -i @${name}`)).stdout).toBe(`${jkt}\n`);
    expect(JSON.parse((await kkp.run(`dpop thumbprint -i @${name} --json`)).stdout)).toEqual({ jkt });
  });

  it('tells the thumbprint of what it makes', async () => {
    const { stdout } = await kkp.run('dpop create -o @fresh --json');
    const { jkt } = JSON.parse(stdout) as { jkt: string };
    expect((await kkp.run('dpop thumbprint -i @fresh')).stdout).toBe(`${jkt}\n`);
    expect(stdout).not.toContain('PRIVATE');
  });

  it('writes over no key', async () => {
    const before = readFileSync(kkp.path('mine'), 'utf8');
    const { code, stdout, stderr } = await kkp.run('dpop create -o @mine');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^kkp: .*mine cannot be written \(EEXIST\)\n$/);
    expect(readFileSync(kkp.path('mine'), 'utf8')).toBe(before);
  });

  it.each([
    'dpop create',
    'dpop create -o /nowhere/key',
    'dpop create -o @new --alg RS256',
    'dpop thumbprint',
    'dpop thumbprint -i @absent',
    'dpop',
  ])('ends with 2 for: %s', async (args) => {
    expect(await kkp.run(args)).toMatchObject({ code: 2, stdout: '' });
  });

  it.each([
    ['rsa', /no private key of Ed25519 or P-256 in PEM/],
    ['p384', /no private key of Ed25519 or P-256 in PEM/],
    ['x25519', /no private key of Ed25519 or P-256 in PEM/],
    ['public', /no private key of Ed25519 or P-256 in PEM/],
    ['locked', /without a passphrase/],
    ['garbage', /no private key of Ed25519 or P-256 in PEM/],
    ['empty', /no private key of Ed25519 or P-256 in PEM/],
    ['open', /others than its owner may use .*Allowed: a file of mode 0600 or 0400/],
    ['world', /others than its owner may use .*Allowed: a file of mode 0600 or 0400/],
    ['absent', /cannot be read \(ENOENT\)/],
  ])('the key in the file %s is not used', async (name, reason) => {
    for (const args of [`dpop thumbprint -i @${name}`, `${GRANT} --dpop-key @${name}`]) {
      const { code, stdout, stderr } = await kkp.run(args);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(reason);
      expect(stderr).not.toMatch(/^ +at |PRIVATE/m);
    }
  });

  it('a key that openssl wrote is used, of mode 0400 as well', async () => {
    keyFile('readonly', pem('ed25519'), 0o400);
    for (const name of ['sec1', 'readonly']) {
      const { stdout } = await kkp.run(`dpop thumbprint -i @${name}`);
      expect(await kkp.run(`${GRANT} --dpop-key @${name} -o @another`)).toMatchObject({ code: 0 });
      expect(claimsOf('another').cnf).toEqual({ jkt: stdout.trim() });
    }
  });
});

describe('kkp token', () => {
  it('asks for uses, a beginning and a binding', async () => {
    const soon = Math.floor(Date.now() / 1000) + 30;
    const { code } = await kkp.run(
      `${GRANT} --ops encrypt data_key --not-before ${soon} --cnf {"jkt":"${JKT}"} -o @asked`,
    );
    expect(code).toBe(0);
    expect(claimsOf('asked')).toMatchObject({
      ops: ['encrypt', 'data_key'],
      nbf: soon,
      cnf: { jkt: JKT },
    });
    expect(await kkp.run('verify -i @asked --allow-claim ops nbf cnf')).toMatchObject({
      code: 4,
      stdout: '',
    });
  });

  it('binds by --cnf where both say something', async () => {
    await kkp.run(`${GRANT} --dpop-key @mine --cnf {"jkt":"${JKT}"} -o @asked`);
    expect(claimsOf('asked').cnf).toEqual({ jkt: JKT });
  });

  it.each([
    '--ops',
    '--ops sign',
    '--ops decrypt decrypt',
    '--ops decrypt,encrypt',
    '--not-before soon',
    '--not-before 0',
    '--not-before 1',
    '--cnf {}',
    '--cnf []',
    '--cnf jkt',
    '--cnf {"jkt":"A"}',
    `--cnf {"kid":"${JKT}"}`,
  ])('ends with 2 for %s', async (options) => {
    const { code, stdout, stderr } = await kkp.run(`${GRANT} ${options}`);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^(kkp|error): .+/);
  });
});

/** Each command that can show a token, with what it needs beside the token. */
const SHOWING = ['decrypt -i @envelope', 'rewrap -i @envelope', `encrypt ${KEY} -i @text`, `datakey ${KEY}`];

describe.each(SHOWING)('a bound token for: kkp %s', (command) => {
  it('is good with its key, from an option or the environment', async () => {
    const token = '--token-file @bound';
    expect(await kkp.run(`${command} ${token} --dpop-key @mine`)).toMatchObject({ code: 0, stderr: '' });
    const env = { KKP_DPOP_KEY_FILE: kkp.path('mine') };
    const { code, stdout } = await kkp.run(`${command} ${token} --json`, undefined, env);
    expect([code, typeof JSON.parse(stdout)]).toEqual([0, 'object']);
  });

  it.each([
    ['without its key', 'bound', ''],
    ['with another key', 'bound', '--dpop-key @theirs'],
    ['with a key, where it is bound to a certificate', 'certified', '--dpop-key @mine'],
  ])('is refused %s', async (_, token, option) => {
    const args = `${command} --token-file @${token} ${option}`.trim();
    const { code, stdout, stderr } = await kkp.run(args);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(/^kkp: The .+ \(invalid_token, HTTP 401\)\n$/);
  });

  it('that is not bound needs no key, and gets no proof', async () => {
    expect(await kkp.run(`${command} --token-file @free --dpop-key @mine`)).toMatchObject({ code: 0 });
  });
});

describe('a token to encrypt with', () => {
  it('is one of the right use', async () => {
    await kkp.run(`${GRANT} --ops decrypt -o @opening`);
    for (const command of [`encrypt ${KEY} -i @text`, `datakey ${KEY}`])
      expect(await kkp.run(`${command} --token-file @opening`)).toMatchObject({ code: 3, stdout: '' });
  });

  it('is not taken from the environment, and not beside a bearer credential', async () => {
    // Where it was taken, it would be refused.
    const env = { KKP_TOKEN_FILE: kkp.path('bound') };
    expect(await kkp.run(`encrypt ${KEY} -i @text`, undefined, env)).toMatchObject({ code: 0 });
    const both = `encrypt ${KEY} -i @text --token-file @free --credential-file @garbage`;
    const { code, stdout, stderr } = await kkp.run(both);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/Authorization header/);
  });
});

it('nothing of this came with a secret on standard error', () => {
  const keys = ['mine', 'theirs', 'rsa', 'sec1', 'locked'].map(
    (name) => readFileSync(kkp.path(name), 'utf8').split('\n')[1]!,
  );
  const tokens = ['bound', 'free', 'certified'].map((name) => readFileSync(kkp.path(name), 'utf8').trim());
  expect(kkp.stderr).not.toBe('');
  for (const secret of [CANARY, ...keys, ...tokens, ...tokens.map((token) => token.split('.')[2]!)])
    expect(kkp.stderr).not.toContain(secret);
});
