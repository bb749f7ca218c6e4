import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority } from './certificates.js';
import { startProcess, type RunningServer } from './process.js';

/** Ids of the callers that have certificates, each in `<name>.pem` with its key in `<name>.key`. */
export const SVIDS = { billing: 'spiffe://example.org/billing', gateway: 'spiffe://example.org/gateway' };

/** KKP over TLS as a process of its own, which knows its callers by their certificates; and the files for both. */
export interface MtlsServer {
  readonly url: string;
  /** `ca.pem` has the authority of server and clients; `other-ca.pem` another of its name, which has issued `strange.pem`. */
  file(name: string, text: string): string;
  path(name: string): string;
  /** Ends it. */
  close(): Promise<void>;
}

export async function startMtls(
  clientCertificate: 'optional' | 'required' = 'optional',
): Promise<MtlsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'kkp-mtls-'));
  const path = (name: string): string => join(folder, name);
  const file = (name: string, text: string): string => {
    writeFileSync(path(name), text, { mode: 0o600 });
    return path(name);
  };
  const pair = async (name: string, by: Authority, type: 'ip' | 'url', value: string) => {
    const { cert, key } = await by.issue({ names: [{ type, value }] });
    file(`${name}.pem`, cert);
    file(`${name}.key`, key);
  };
  const [authority, other] = await Promise.all([Authority.create(), Authority.create()]);
  file('ca.pem', authority.cert);
  file('other-ca.pem', other.cert);
  await pair('server', authority, 'ip', '127.0.0.1');
  for (const [name, id] of Object.entries(SVIDS)) await pair(name, authority, 'url', id);
  await pair('strange', other, 'url', SVIDS.billing);
  const config = `callers: [{kind: mtls, idFrom: spiffe, trustDomain: example.org}]
tls:
  {cert_file: ${path('server.pem')}, key_file: ${path('server.key')}, client_ca_file: ${path('ca.pem')}, client_certificate: ${clientCertificate}}
`;
  const server: RunningServer = await startProcess({ KKP_CONFIG: file('kkp.yaml', config) });
  const close = async (): Promise<void> => {
    server.child.kill('SIGTERM');
    await server.finished;
    rmSync(folder, { recursive: true });
  };
  return { url: server.url, path, file, close };
}
