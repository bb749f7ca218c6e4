import { inFile } from '../config-error.js';
import { isJsonObject } from '../strict-json.js';
import type { Settings } from './settings.js';

/** Faults of TLS settings that are each allowed, and leave connections less protected together than somebody meant. */
export function tlsFaults(settings: Partial<Settings>): string[] {
  const { tlsCertFile, tlsKeyFile, tlsClientCaFile, tlsClientCertificate = 'none', callers = [] } = settings;
  const asks = tlsClientCertificate !== 'none';
  const faults: string[] = [];
  const needs = (isWrong: boolean, path: string, text: string): void => {
    if (isWrong) faults.push(`${inFile(path)}: ${text}.`);
  };
  needs(
    (tlsCertFile === undefined) !== (tlsKeyFile === undefined),
    'tls',
    'a certificate and its key belong together. Allowed: cert_file and key_file, or neither',
  );
  needs(
    asks && tlsCertFile === undefined,
    'tls.client_certificate',
    'clients show certificates over TLS only, which needs tls.cert_file',
  );
  needs(
    asks !== (tlsClientCaFile !== undefined),
    'tls.client_ca_file',
    'must be there when tls.client_certificate is optional or required, and not without it',
  );
  callers.forEach((entry: unknown, index) => {
    const isMtls = isJsonObject(entry) && entry.kind === 'mtls' && entry.forwardedHeader === undefined;
    needs(
      isMtls && !asks,
      `callers[${index}]`,
      'nobody could show a certificate. Set tls.client_certificate, or forwardedHeader',
    );
  });
  return faults;
}
