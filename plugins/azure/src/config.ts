import type { KmsPluginOptions, OptionReader } from 'kkp-plugin-kit';
import { ALGORITHMS, type AlgorithmName } from './algorithms.js';
import type { CredentialChoice, TokenCredential } from './credentials.js';

/** Options of the vault and its keys. */
export interface AzureVaultOptions extends KmsPluginOptions {
  /** `https://{vault}.vault.azure.net` or `https://{hsm}.managedhsm.azure.net`; `http:` on the loopback interface only. */
  readonly vaultUrl: string;
  /** How all keys of this backend wrap. Default `RSA-OAEP-256`; the other two need a Managed HSM. */
  readonly algorithm?: AlgorithmName;
  /** A key that KKP may read, for `open` and `health`. Default: a name that needs no key; the vault must say so. */
  readonly probeKey?: string;
  /** Whether the vault's 401 must name a resource of the vault's own domain. Default true; false for emulators. */
  readonly verifyChallengeResource?: boolean;
}

/** All options, those of KKP's own identity included. */
export interface AzureOptions extends AzureVaultOptions {
  /** Where tokens come from. Default `default`: DefaultAzureCredential. */
  readonly credential?: CredentialChoice['kind'];
  readonly tenantId?: string;
  readonly clientId?: string;
  /** For `client-secret` only. */
  readonly clientSecret?: string;
  /** For `workload-identity` only. Default: `AZURE_FEDERATED_TOKEN_FILE`. */
  readonly tokenFile?: string;
}

export interface AzureConfig {
  /** Origin in lower case, without a slash at its end. */
  readonly vaultUrl: string;
  readonly algorithm: AlgorithmName;
  readonly probeKey: string | undefined;
  readonly verifyChallengeResource: boolean;
  readonly credential: CredentialChoice | TokenCredential;
}

const KINDS = ['default', 'client-secret', 'managed-identity', 'workload-identity'] as const;
type Kind = (typeof KINDS)[number];
type Detail = 'tenantId' | 'clientId' | 'clientSecret' | 'tokenFile';

/** Which details a kind of credential takes, and whether it needs them. */
const DETAILS: Readonly<Record<Kind, Partial<Record<Detail, 'needed' | 'taken'>>>> = {
  default: {},
  'client-secret': { tenantId: 'needed', clientId: 'needed', clientSecret: 'needed' },
  'managed-identity': { clientId: 'taken' },
  'workload-identity': { tenantId: 'taken', clientId: 'taken', tokenFile: 'taken' },
};

const VAULT_ALLOWED =
  'must be an https origin without path, query and user, such as https://kkp.vault.azure.net (http only on loopback)';
const LOOPBACK: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];
/** As the service has it: learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates. */
export const KEY_NAME = /^[0-9A-Za-z-]{1,127}$/;

/** @param credential the embedder's own; options of a credential are unknown then */
export function parseConfig(read: OptionReader, credential?: TokenCredential): AzureConfig {
  const names = Object.keys(ALGORITHMS) as [AlgorithmName, ...AlgorithmName[]];
  return {
    vaultUrl: read.string('vaultUrl', VAULT_ALLOWED, isVaultUrl).toLowerCase().replace(/\/$/, ''),
    algorithm: read.oneOf('algorithm', names, 'RSA-OAEP-256'),
    probeKey: read.optionalString('probeKey', 'must be the name of a key', (text) => KEY_NAME.test(text)),
    verifyChallengeResource: read.boolean('verifyChallengeResource', true),
    credential: credential ?? parseCredential(read),
  };
}

function parseCredential(read: OptionReader): CredentialChoice {
  const kind = read.oneOf('credential', KINDS, 'default');
  const detail = (name: Detail): string | undefined => {
    const text = read.optionalString(name, 'must be a text of 1 to 1024 characters', isDetail);
    const use = DETAILS[kind][name];
    if (text === undefined && use === 'needed') read.fault(name, `is needed with credential "${kind}"`);
    if (text !== undefined && use === undefined) read.fault(name, `is not for credential "${kind}"`);
    return text;
  };
  return {
    kind,
    tenantId: detail('tenantId'),
    clientId: detail('clientId'),
    clientSecret: detail('clientSecret'),
    tokenFile: detail('tokenFile'),
  };
}

function isVaultUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, origin, hostname } = new URL(text);
  const plain = [origin, `${origin}/`].includes(text.toLowerCase());
  return plain && (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.includes(hostname)));
}

function isDetail(text: string): boolean {
  return text.length >= 1 && text.length <= 1024;
}
