import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { Option, type Command } from 'commander';
import type { Fetch } from 'kkp-sdk';
import { UsageError } from './exit-codes.js';
import { codeOf, readPrivateFile, readText } from './files.js';
import { httpsFetch } from './https-fetch.js';
import { privateKeyIn } from './private-key.js';

/** Files in PEM. */
export interface CertificateFiles {
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly caFile?: string;
}

export const withCertificates = (command: Command): Command =>
  command
    .addOption(new Option('--cert-file <file>', 'certificate of the caller, in PEM').env('KKP_CERT_FILE'))
    .addOption(new Option('--key-file <file>', 'private key of that certificate, in PEM').env('KKP_KEY_FILE'))
    .addOption(
      new Option('--ca-file <file>', 'the authorities of servers, in PEM, in place of those of Node').env(
        'KKP_CA_FILE',
      ),
    );

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * What a client of the SDK needs to show a certificate to `urls`, and to know theirs; nothing where no file is named.
 * @throws UsageError for files that cannot be used, or do not belong together, and for a URL that has no use for them
 */
export async function fetchWith(
  files: CertificateFiles,
  ...urls: readonly string[]
): Promise<{ fetch?: Fetch }> {
  const { certFile, keyFile, caFile } = files;
  if (certFile === undefined && keyFile === undefined && caFile === undefined) return {};
  const plain = urls.find((url) => /^http:/i.test(url));
  if (plain !== undefined) throw new UsageError(`certificates are for https, and ${plain} is not`);
  const certificates = { ...(await readOwn(certFile, keyFile)), ...(await readAuthorities(caFile)) };
  try {
    createSecureContext(certificates);
  } catch (error) {
    throw new UsageError(`the certificates cannot be used (${codeOf(error)})`);
  }
  return { fetch: httpsFetch(certificates) };
}

async function readOwn(certFile?: string, keyFile?: string): Promise<SecureContextOptions> {
  if (certFile === undefined && keyFile === undefined) return {};
  if (certFile === undefined || keyFile === undefined)
    throw new UsageError('give a certificate and its private key: --cert-file and --key-file');
  const cert = await readCertificates(certFile);
  const key = privateKeyIn(await readPrivateFile(keyFile));
  if (!key) throw new UsageError(`${keyFile} is no private key in PEM, without a passphrase`);
  if (!cert[0].checkPrivateKey(key))
    throw new UsageError(`the certificate in ${certFile} is not one of the key in ${keyFile}`);
  return { cert: pemOf(cert), key: key.export({ format: 'pem', type: 'pkcs8' }) };
}

async function readAuthorities(caFile?: string): Promise<SecureContextOptions> {
  return caFile === undefined ? {} : { ca: pemOf(await readCertificates(caFile)) };
}

/** Node takes what it can read of a file, and passes over the rest. */
async function readCertificates(path: string): Promise<[X509Certificate, ...X509Certificate[]]> {
  const blocks = (await readText(path)).match(CERTIFICATE) ?? [];
  try {
    const [first, ...others] = blocks.map((pem) => new X509Certificate(pem));
    if (first) return [first, ...others];
  } catch {
    // The same fault, whatever is wrong.
  }
  throw new UsageError(`${path} has no certificates in PEM, or one that cannot be read`);
}

const pemOf = (certificates: readonly X509Certificate[]): string => certificates.join('');
