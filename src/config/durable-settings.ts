import { DPOP_LIMITS } from '../possession/index.js';
import { REVOCATION_LIMITS } from '../revocation/index.js';
import { bounded, setting } from './setting.js';
import { anyPath, filePath, oneOf } from './value-kinds.js';

/** Certificates, proofs of possession, what outlives the process, and what is taken back. */
export const DURABLE_SETTINGS = {
  tlsCertFile: setting({
    file: 'tls.cert_file',
    kind: filePath,
    doc: 'Certificate of the server with its chain, in PEM: with it KKP speaks HTTPS, TLS 1.2 or newer. Read again on SIGHUP.',
  }),
  tlsKeyFile: setting({
    file: 'tls.key_file',
    kind: filePath,
    doc: 'Its private key, in PEM. Others than its owner and group may not read it.',
  }),
  tlsClientCaFile: setting({
    file: 'tls.client_ca_file',
    kind: filePath,
    doc: 'Authorities of client certificates, in PEM.',
  }),
  tlsClientCertificate: setting({
    file: 'tls.client_certificate',
    kind: oneOf('none', 'optional', 'required'),
    fallback: 'none',
    doc: 'Whether clients are asked for a certificate. A bad one ends the connection; without one, `required` does too.',
  }),
  dpopMaxProofs: bounded(
    DPOP_LIMITS.maxProofs,
    'dpop.max_proofs',
    'DPoP proofs that are remembered for their minute, so that none is used twice; one more is answered 429.',
  ),
  dataDir: setting({
    env: 'KKP_DATA_DIR',
    file: 'store.data_dir',
    kind: anyPath,
    doc: 'Directory (mode 0700, on a file system of this machine, one process) where signing keys and revocations outlive a restart. Unset: both end with the process.',
  }),
  sealKeyFile: setting({
    env: 'KKP_SEAL_KEY_FILE',
    file: 'store.seal_key_file',
    kind: anyPath,
    doc: 'File of 32 random bytes (mode 0600) that seals the signing keys in the data directory, and is required with it.',
  }),
  revocationListTtl: bounded(
    REVOCATION_LIMITS.listTtlSeconds,
    'revocation.list_ttl_seconds',
    'Longest time that an offline verifier may accept a token after its revocation: the life of the signed list.',
  ),
  maxRevocations: bounded(
    REVOCATION_LIMITS.maxRules,
    'revocation.max_rules',
    'Revocations kept at most; one more is answered 429.',
  ),
} as const;
