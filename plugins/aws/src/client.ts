import type * as Kms from '@aws-sdk/client-kms';
import { KmsError, type Host } from 'kkp-plugin-kit';
import type { AwsConfig } from './config.js';

/** The calls of KMS that a backend makes: each sends one request, or none. */
export type AwsKms = Pick<
  Kms.KMS,
  'encrypt' | 'decrypt' | 'generateDataKey' | 'reEncrypt' | 'describeKey' | 'listKeys' | 'destroy'
> & {
  /** Gets credentials, so that the first call need not. */
  logIn(): Promise<unknown>;
};

export type Connect = (config: AwsConfig, host: Host) => Promise<AwsKms>;

type Sdk = Pick<typeof Kms, 'KMS'>;

const SDK = '@aws-sdk/client-kms';

/** Makes a client: no request is sent yet. `load` imports the SDK. */
export const connect = async (
  config: AwsConfig,
  host: Host,
  load: () => Promise<Sdk> = () => import('@aws-sdk/client-kms'),
): Promise<AwsKms> => {
  const { KMS } = await load().catch((cause: unknown) => {
    throw new KmsError('unsupported', `AWS KMS needs a package that did not load: npm install ${SDK}`, {
      side: 'proxy',
      cause,
    });
  });
  const client = new KMS(clientConfig(config, host));
  return Object.assign(client, { logIn: () => client.config.credentials() });
};

function clientConfig(config: AwsConfig, host: Host): Kms.KMSClientConfig {
  const { region, endpoint, credentials, profile, requestTimeoutMs } = config;
  return {
    region,
    ...(endpoint !== undefined && { endpoint }),
    // A copy: the SDK writes notes of its own on it.
    ...(credentials && { credentials: { ...credentials } }),
    ...(profile !== undefined && { profile }),
    // Retries are the core's: it knows the deadline and the budget.
    maxAttempts: 1,
    // Without throwOnRequestTimeout a timeout is a warning.
    requestHandler: {
      requestTimeout: requestTimeoutMs,
      connectionTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
    logger: warningsOnly(host),
  };
}

/** Without a logger the SDK writes its warnings to the console; to the other levels it writes requests and answers. */
function warningsOnly({ log }: Host): NonNullable<Kms.KMSClientConfig['logger']> {
  const drop = (): void => undefined;
  return {
    debug: drop,
    info: drop,
    error: drop,
    warn: (text: unknown) => typeof text === 'string' && log('warn', text, { sdk: SDK }),
  };
}
