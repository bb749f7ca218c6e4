import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY = 24 * 3600_000;
export const CLIENT_AUTH = x509.ExtendedKeyUsage.clientAuth;
export const SERVER_AUTH = x509.ExtendedKeyUsage.serverAuth;

/** A certificate and its private key, in PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
  readonly der: Buffer;
}

export interface Wanted {
  /** Distinguished name; default: none. */
  readonly subject?: string;
  readonly names?: readonly { type: 'dns' | 'ip' | 'url' | 'email'; value: string }[];
  readonly ca?: boolean;
  readonly uses?: readonly string[];
  /** Unix milliseconds; default: a day ago, and tomorrow. */
  readonly from?: number;
  readonly to?: number;
}

x509.cryptoProvider.set(webcrypto as Crypto);

/** A certificate authority of its own. */
export class Authority {
  private constructor(
    readonly cert: string,
    private readonly own: x509.X509Certificate,
    private readonly keys: CryptoKeyPair,
  ) {}

  static async create(name = 'CN=Test CA'): Promise<Authority> {
    const keys = await newKeys();
    const own = await x509.X509CertificateGenerator.createSelfSigned({
      name,
      keys,
      serialNumber: '01',
      notBefore: new Date(Date.now() - DAY),
      notAfter: new Date(Date.now() + DAY),
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    });
    return new Authority(own.toString('pem'), own, keys);
  }

  async issue({ subject = '', names = [], ca = false, uses, from, to }: Wanted = {}): Promise<Issued> {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject,
      issuer: this.own.subject,
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      serialNumber: '0a',
      notBefore: new Date(from ?? Date.now() - DAY),
      notAfter: new Date(to ?? Date.now() + DAY),
      extensions: [
        new x509.BasicConstraintsExtension(ca, undefined, true),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension([...names])] : []),
        ...(uses ? [new x509.ExtendedKeyUsageExtension([...uses])] : []),
      ],
    });
    const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
    return {
      cert: certificate.toString('pem'),
      key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
      der: Buffer.from(certificate.rawData),
    };
  }
}

const newKeys = (): Promise<CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
