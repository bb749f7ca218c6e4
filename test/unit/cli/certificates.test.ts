import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchWith, type CertificateFiles } from '../../../src/cli/remote/certificates.js';
import { UsageError } from '../../../src/cli/remote/exit-codes.js';
import { Authority } from '../../support/certificates.js';

const CANARY = 'SECRET-CANARY';
const URL = 'https://kkp.example';

let folder: string;
const at = (name: string) => join(folder, name);
const file = (name: string, text: string, mode = 0o600): void => {
  writeFileSync(at(name), text);
  chmodSync(at(name), mode);
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kkp-certificates-'));
  const authority = await Authority.create();
  const [mine, theirs] = [await authority.issue(), await authority.issue()];
  file('mine.pem', mine.cert);
  file('mine.key', mine.key);
  file('readonly.key', mine.key, 0o400);
  file('group.key', mine.key, 0o640);
  file('world.key', mine.key, 0o604);
  file('theirs.key', theirs.key);
  file('both.pem', `${mine.cert}\n${mine.key}`);
  file('chain.pem', `# mine\n${mine.cert}\n${authority.cert}`);
  file('turned.pem', `${authority.cert}\n${mine.cert}`);
  file('ca.pem', authority.cert);
  file('half.pem', `${authority.cert}\n${mine.cert.replace('MII', 'AAA')}`);
  file('cut.pem', authority.cert.replace(/-----END.*/, ''));
  file('garbage', CANARY);
  file('empty', '');
  const { privateKey } = generateKeyPairSync('ed25519');
  const secret = { cipher: 'aes-256-cbc', passphrase: CANARY };
  file('locked.key', privateKey.export({ format: 'pem', type: 'pkcs8', ...secret }) as string);
});
afterAll(() => rmSync(folder, { recursive: true }));

const named = ({ certFile, keyFile, caFile }: CertificateFiles): CertificateFiles => ({
  ...(certFile !== undefined && { certFile: at(certFile) }),
  ...(keyFile !== undefined && { keyFile: at(keyFile) }),
  ...(caFile !== undefined && { caFile: at(caFile) }),
});

describe('the certificates of kkp', () => {
  it('are none where no file is named, whatever the URL', async () => {
    expect(await fetchWith({}, 'http://localhost:8080', 'no URL')).toEqual({});
  });

  it.each<CertificateFiles>([
    { certFile: 'mine.pem', keyFile: 'mine.key' },
    { certFile: 'mine.pem', keyFile: 'readonly.key', caFile: 'ca.pem' },
    { certFile: 'chain.pem', keyFile: 'mine.key' },
    { certFile: 'both.pem', keyFile: 'both.pem' },
    { caFile: 'ca.pem' },
    { caFile: 'chain.pem' },
  ])('are taken of %j', async (files) => {
    const { fetch } = await fetchWith(named(files), URL, '/a/file');
    expect(typeof fetch).toBe('function');
  });

  it.each<[RegExp, CertificateFiles]>([
    [/--cert-file and --key-file/, { certFile: 'mine.pem' }],
    [/--cert-file and --key-file/, { keyFile: 'mine.key', caFile: 'ca.pem' }],
    [/mine\.pem is not one of the key in .*theirs\.key/, { certFile: 'mine.pem', keyFile: 'theirs.key' }],
    [/turned\.pem is not one of the key in/, { certFile: 'turned.pem', keyFile: 'mine.key' }],
    [/others than its owner .* 0600 or 0400/, { certFile: 'mine.pem', keyFile: 'group.key' }],
    [/others than its owner .* 0600 or 0400/, { certFile: 'mine.pem', keyFile: 'world.key' }],
    [/cannot be read \(ENOENT\)/, { certFile: 'absent', keyFile: 'mine.key' }],
    [/cannot be read \(ENOENT\)/, { certFile: 'mine.pem', keyFile: 'absent' }],
    [/cannot be read \(ENOENT\)/, { caFile: 'absent' }],
    [/cannot be read \(EISDIR\)/, { caFile: '' }],
    [/mine\.key has no certificates in PEM/, { certFile: 'mine.key', keyFile: 'mine.key' }],
    [/garbage has no certificates in PEM/, { certFile: 'garbage', keyFile: 'mine.key' }],
    [/mine\.pem is no private key in PEM/, { certFile: 'mine.pem', keyFile: 'mine.pem' }],
    [/locked\.key is no private key .* passphrase/, { certFile: 'mine.pem', keyFile: 'locked.key' }],
    [/garbage is no private key in PEM/, { certFile: 'mine.pem', keyFile: 'garbage' }],
    [/empty has no certificates in PEM/, { caFile: 'empty' }],
    [/garbage has no certificates in PEM/, { caFile: 'garbage' }],
    [/or one that cannot be read/, { caFile: 'half.pem' }],
    [/has no certificates in PEM/, { caFile: 'cut.pem' }],
  ])('are refused, as %s: %j', async (reason, files) => {
    const refused = fetchWith(named(files), URL);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.not.toThrow(CANARY);
  });

  it.each(['http://kkp.example', 'HTTP://127.0.0.1:1'])('are not for %s', async (plain) => {
    const refused = fetchWith(named({ caFile: 'ca.pem' }), URL, plain);
    await expect(refused).rejects.toThrow(`certificates are for https, and ${plain} is not`);
  });
});
