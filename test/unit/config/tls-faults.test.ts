import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../../../src/config/index.js';

describe('the TLS settings', () => {
  let folder: string;
  let pem: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kkp-tls-settings-'));
    pem = join(folder, 'any.pem');
    writeFileSync(pem, 'not read here');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const faults = (config: object): readonly string[] => {
    const path = join(folder, 'kkp.json');
    writeFileSync(path, JSON.stringify(config));
    return readSettings({ KKP_CONFIG: path }).faults;
  };
  const own = () => ({ cert_file: pem, key_file: pem });

  it('may be a certificate and its key, and authorities of clients', () => {
    expect(faults({ tls: own() })).toEqual([]);
    for (const client_certificate of ['optional', 'required'])
      expect(faults({ tls: { ...own(), client_ca_file: pem, client_certificate } })).toEqual([]);
  });

  it.each<[string, () => object, string]>([
    ['a certificate without its key', () => ({ cert_file: pem }), 'tls'],
    ['a key without its certificate', () => ({ key_file: pem }), 'tls'],
    ['authorities that nobody asks for', () => ({ ...own(), client_ca_file: pem }), 'tls.client_ca_file'],
    [
      'a question without authorities',
      () => ({ ...own(), client_certificate: 'optional' }),
      'tls.client_ca_file',
    ],
    [
      'a question to clients without TLS',
      () => ({ client_ca_file: pem, client_certificate: 'required' }),
      'tls.client_certificate',
    ],
    ['a file that is not there', () => ({ ...own(), key_file: '/nowhere' }), 'tls.key_file'],
    ['a folder', () => ({ ...own(), cert_file: folder }), 'tls.cert_file'],
    ['another word for required', () => ({ ...own(), client_certificate: 'yes' }), 'tls.client_certificate'],
  ])('cannot be %s', (_name, tls, where) => {
    expect(faults({ tls: tls() }).join('\n')).toContain(`KKP_CONFIG file, ${where}: `);
  });

  it('must ask for certificates where callers are known by theirs, unless a proxy forwards them', () => {
    const mtls = { kind: 'mtls', idFrom: 'uri' };
    expect(faults({ callers: [{ kind: 'api_key' }, mtls] })).toEqual([
      'KKP_CONFIG file, callers[1]: nobody could show a certificate. Set tls.client_certificate, or forwardedHeader.',
    ]);
    expect(faults({ callers: [mtls], tls: own() })).toHaveLength(1);
    expect(faults({ callers: [{ ...mtls, forwardedHeader: 'X-Cert' }] })).toEqual([]);
  });
});

describe('production with authenticators', () => {
  it('needs no permission for anonymous callers', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kkp-production-'));
    const path = join(folder, 'kkp.json');
    const backends = [{ kind: 'local', name: 'a' }];
    writeFileSync(path, JSON.stringify({ backends, callers: [{ kind: 'api_key', keys: [] }] }));
    expect(readSettings({ NODE_ENV: 'production', KKP_CONFIG: path }).faults).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});
