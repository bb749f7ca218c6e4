import type { KmsPluginOptions, OptionReader } from 'kkp-plugin-kit';
import { isKeyRef, type Home } from './key-ids.js';

export interface AwsOptions extends KmsPluginOptions {
  /** For example `eu-west-1`. */
  readonly region: string;
  /** Default: that of the Region. `https`; `http` only to a loopback address. */
  readonly endpoint?: string;
  /** With `secretAccessKey`, instead of the SDK's default chain of credentials. */
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  /** For temporary credentials. */
  readonly sessionToken?: string;
  /** A profile of the SDK's shared configuration files. */
  readonly profile?: string;
  /** Sent with each call, for grants that are not consistent yet. */
  readonly grantTokens?: readonly string[];
  /** Whether the replicas of a multi-Region key count as one key. Default false. */
  readonly allowMultiRegion?: boolean;
  /** Milliseconds that KMS has for the beginning of an answer. Default 5000. */
  readonly requestTimeoutMs?: number;
  /** A key that the health probe may encrypt with, as a dry run. */
  readonly healthKeyId?: string;
}

export interface AwsConfig extends Home {
  readonly endpoint: string | undefined;
  /** Undefined: the SDK's default chain. */
  readonly credentials: StaticCredentials | undefined;
  readonly profile: string | undefined;
  /** What each request that takes grant tokens has of them. */
  readonly grants: { readonly GrantTokens?: string[] };
  readonly requestTimeoutMs: number;
  readonly healthKeyId: string | undefined;
}

interface StaticCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const REGION = /^[a-z]{2,8}(?:-[a-z0-9]{1,12}){1,4}$/;
const PRINTABLE = /^[\x21-\x7e]{1,8192}$/;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html: GrantTokens, 0 to 10 items. */
const MAX_GRANT_TOKENS = 10;

export function parseConfig(read: OptionReader): AwsConfig {
  return {
    region: read.string('region', 'must be an AWS Region, for example eu-west-1', (text) =>
      REGION.test(text),
    ),
    endpoint: read.optionalString(
      'endpoint',
      'must be an https URL without user, query and fragment; http only to a loopback address',
      isEndpoint,
    ),
    ...parseCredentials(read),
    grants: parseGrantTokens(read),
    allowMultiRegion: read.boolean('allowMultiRegion', false),
    requestTimeoutMs: read.integer('requestTimeoutMs', { min: 1, max: 60_000 }, 5_000),
    healthKeyId: read.optionalString(
      'healthKeyId',
      'must be a key id, key ARN, alias name or alias ARN',
      isKeyRef,
    ),
  };
}

function parseCredentials(read: OptionReader): Pick<AwsConfig, 'credentials' | 'profile'> {
  const text = 'must be 1 to 8192 printable characters without blanks';
  const secret = (path: string) => read.optionalString(path, text, (value) => PRINTABLE.test(value));
  const accessKeyId = secret('accessKeyId');
  const secretAccessKey = secret('secretAccessKey');
  const sessionToken = secret('sessionToken');
  const profile = read.optionalString('profile', text, (value) => PRINTABLE.test(value));
  const given = accessKeyId !== undefined || secretAccessKey !== undefined || sessionToken !== undefined;
  if (!given) return { credentials: undefined, profile };
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    read.fault('accessKeyId', 'goes with secretAccessKey: both or neither; sessionToken only with both');
    return { credentials: undefined, profile };
  }
  if (profile !== undefined) read.fault('profile', 'must be absent when accessKeyId is there');
  const session = sessionToken === undefined ? {} : { sessionToken };
  return { credentials: { accessKeyId, secretAccessKey, ...session }, profile };
}

function parseGrantTokens(read: OptionReader): AwsConfig['grants'] {
  const tokens = read.strings('grantTokens');
  if (tokens.length > MAX_GRANT_TOKENS || !tokens.every((token) => PRINTABLE.test(token))) {
    read.fault('grantTokens', `must be at most ${MAX_GRANT_TOKENS} grant tokens`);
  }
  return tokens.length === 0 ? {} : { GrantTokens: [...tokens] };
}

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username || password || search || hash) return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}
