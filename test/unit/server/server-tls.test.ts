import { constants } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverTls } from '../../../src/server/server-tls.js';
import { Authority, type Issued } from '../../support/certificates.js';

describe('the TLS of the server', () => {
  let folder: string;
  let authority: Authority;
  let issued: Issued;
  let [tlsCertFile, tlsKeyFile, tlsClientCaFile] = ['', '', ''];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kkp-server-tls-'));
    authority = await Authority.create();
    issued = await authority.issue();
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    [tlsCertFile, tlsKeyFile, tlsClientCaFile] = [
      write('cert.pem', issued.cert),
      write('key.pem', issued.key),
      write('ca.pem', authority.cert),
    ];
    chmodSync(tlsKeyFile, 0o600);
  });

  it('is there only where a certificate and its key are configured', () => {
    expect(serverTls({})).toBeUndefined();
    expect(serverTls({ tlsCertFile })).toBeUndefined();
    expect(serverTls({ tlsKeyFile })).toBeUndefined();
    expect(serverTls({ tlsCertFile, tlsKeyFile })?.options).toMatchObject({
      minVersion: 'TLSv1.2',
      requestCert: false,
      rejectUnauthorized: false,
    });
  });

  it.each([
    ['none', false, false],
    ['optional', true, false],
    ['required', true, true],
  ] as const)('asks clients for %s certificate', (tlsClientCertificate, requestCert, rejectUnauthorized) => {
    const tls = serverTls({ tlsCertFile, tlsKeyFile, tlsClientCaFile, tlsClientCertificate });
    expect(tls?.options).toMatchObject({
      ca: Buffer.from(authority.cert),
      requestCert,
      rejectUnauthorized,
      secureOptions: constants.SSL_OP_NO_TICKET,
    });
    const server = createServer();
    const before = server.listeners('secureConnection');
    tls?.watch(server);
    // It looks at a connection before anything is read from it.
    const looks = tlsClientCertificate === 'optional' ? [expect.any(Function)] : [];
    expect(server.listeners('secureConnection')).toEqual([...looks, ...before]);
  });

  it.each([0o400, 0o600, 0o640, 0o440])('takes a private key of mode %o', (mode) => {
    chmodSync(tlsKeyFile, mode);
    expect(serverTls({ tlsCertFile, tlsKeyFile })).toBeDefined();
  });

  it.each([0o601, 0o602, 0o604, 0o620, 0o644, 0o660])('takes none of mode %o', (mode) => {
    chmodSync(tlsKeyFile, mode);
    const make = () => serverTls({ tlsCertFile, tlsKeyFile });
    expect(make).toThrow('tls.key_file: others than its owner may read or write');
  });

  it('says which file cannot be read, and whether they belong together', async () => {
    const none = join(folder, 'none');
    const files = { tlsCertFile, tlsKeyFile, tlsClientCaFile };
    expect(() => serverTls({ ...files, tlsCertFile: none })).toThrow(
      'tls.cert_file: the file cannot be read (ENOENT)',
    );
    expect(() => serverTls({ ...files, tlsKeyFile: none })).toThrow(
      'tls.key_file: the file cannot be read (ENOENT)',
    );
    expect(() => serverTls({ ...files, tlsClientCaFile: none })).toThrow(
      'tls.client_ca_file: the file cannot be read',
    );
    writeFileSync(tlsKeyFile, (await authority.issue()).key);
    expect(() => serverTls(files)).toThrow(
      'certificate, key and authorities are not PEM that belongs together',
    );
  });

  it('has what its files hold after a reload, and the old where they are bad', async () => {
    const tls = serverTls({ tlsCertFile, tlsKeyFile })!;
    const fresh = await authority.issue();
    writeFileSync(tlsCertFile, fresh.cert);
    expect(() => tls.reload()).toThrow('belongs together');
    expect(tls.options.cert).toEqual(Buffer.from(issued.cert));
    writeFileSync(tlsKeyFile, fresh.key);
    tls.reload();
    expect(tls.options).toMatchObject({ cert: Buffer.from(fresh.cert), key: Buffer.from(fresh.key) });
  });
});
