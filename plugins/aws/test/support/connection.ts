import { isKmsError, type Call, type KmsBackend, type KmsError } from 'kkp-plugin-kit';
import { bindAad, createTestHost } from 'kkp-plugin-kit/testkit';
import { aws, type AwsOptions } from 'kkp-plugin-aws';
import { CREDENTIALS, type FakeKms } from '../fake/server.js';

export const SECRET = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
export const AAD = bindAad({ tenant: 'red', purpose: 'test' });

export interface Connection {
  readonly backend: KmsBackend & Required<Pick<KmsBackend, 'generateDataKey' | 'rewrap'>>;
  readonly logged: readonly unknown[];
  /** Lets time pass for the backend, not for timers. */
  readonly later: (ms: number) => void;
}

export type Options = Partial<AwsOptions>;

export function connect(service: FakeKms, options: Options = {}): Connection {
  let passed = 0;
  const { host, logged } = createTestHost();
  const clock = { now: () => Date.now() + passed };
  const plugin = aws({
    name: 'test',
    region: 'eu-west-1',
    endpoint: service.url,
    ...CREDENTIALS,
    ...options,
  });
  const backend = plugin.create({ ...host, clock }) as Connection['backend'];
  return { backend, logged, later: (ms) => void (passed += ms) };
}

export async function open(service: FakeKms, options?: Options): Promise<Connection> {
  const connection = connect(service, options);
  await connection.backend.open(call());
  return connection;
}

export function call(options: Partial<Call> = {}): Call {
  return {
    signal: new AbortController().signal,
    deadline: Date.now() + 3_600_000,
    requestId: 'test',
    ...options,
  };
}

/** Every call that asks KMS, by name; `arn` and `toArn` name usable keys. */
export async function callsOf(backend: Connection['backend'], arn: string, toArn = arn) {
  const made = await backend.generateDataKey({ keyId: arn, bytes: 32, aad: AAD }, call());
  const { wrapped } = made;
  return {
    wrapKey: (c: Call) => backend.wrapKey({ keyId: arn, plaintext: SECRET, aad: AAD }, c),
    unwrapKey: (c: Call) => backend.unwrapKey({ keyId: arn, wrapped, aad: AAD }, c),
    describeKey: (c: Call) => backend.describeKey(arn, c),
    generateDataKey: (c: Call) => backend.generateDataKey({ keyId: arn, bytes: 32, aad: AAD }, c),
    rewrap: (c: Call) => backend.rewrap({ keyId: arn, wrapped, aad: AAD, toKeyId: toArn, toAad: AAD }, c),
  };
}

/** The error of a call that must fail. */
export async function errorOf(attempt: Promise<unknown>): Promise<KmsError> {
  const error = await attempt.then(
    () => new Error('The call succeeded.'),
    (reason: unknown) => reason,
  );
  if (!isKmsError(error)) throw error;
  return error;
}
