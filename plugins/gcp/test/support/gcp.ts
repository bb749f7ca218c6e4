import {
  isKmsError,
  type BoundAad,
  type Call,
  type Host,
  type KmsBackend,
  type KmsError,
  type WrappedKey,
} from 'kkp-plugin-kit';
import { createTestHost } from 'kkp-plugin-kit/testkit';
import { gcpWith, type GcpCredential, type GcpServiceOptions } from 'kkp-plugin-gcp';
import { TOKEN, type FakeKms } from '../fake/kms.js';

export const PLAINTEXT = Uint8Array.from({ length: 32 }, (_, index) => index);

export const credential: GcpCredential = {
  getAccessToken: () => Promise.resolve({ token: TOKEN, expiresAt: Date.now() + 3_600_000 }),
};

export function call({ signal = new AbortController().signal, withinMs = 10_000 } = {}): Call {
  return { signal, deadline: Date.now() + withinMs, requestId: 'test-1' };
}

export const HOUR = 3_600_000;

/** A host whose time can be moved. */
export function movableHost(): { readonly host: Host; advance(ms: number): void } {
  let ahead = 0;
  const host = { ...createTestHost().host, clock: { now: () => Date.now() + ahead } };
  return { host, advance: (ms) => void (ahead += ms) };
}

interface Setup {
  readonly options?: Partial<GcpServiceOptions>;
  readonly credential?: GcpCredential;
  readonly host?: Host;
}

export function create(
  kms: FakeKms,
  { options, host, credential: own = credential }: Setup = {},
): KmsBackend {
  const plugin = gcpWith(own)({ name: 'test', endpoint: kms.url, ...options });
  return plugin.create(host ?? createTestHost().host);
}

/** An open backend; what opening it took is forgotten. */
export async function open(kms: FakeKms, setup: Setup = {}): Promise<KmsBackend> {
  const backend = create(kms, setup);
  await backend.open(call());
  kms.seen.length = 0;
  return backend;
}

export const aadOf = (text: string): BoundAad => ({
  map: { text },
  bytes: Uint8Array.from(Buffer.from(text)),
});

export function wrap(backend: KmsBackend, keyId: string, at = call(), aad?: BoundAad): Promise<WrappedKey> {
  return backend.wrapKey({ keyId, plaintext: PLAINTEXT, ...(aad && { aad }) }, at);
}

/** What the caller of a refused call can tell apart. */
export async function refusal(attempt: Promise<unknown>): Promise<KmsError> {
  const error = await attempt.then(
    () => new Error('It succeeded.'),
    (reason: unknown) => reason,
  );
  if (isKmsError(error)) return error;
  throw error;
}

/** What the promise gives, if it does before a timer that starts now: a busy machine delays both. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Not within ${ms} ms.`)), ms);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Waits for what the backend does by itself, without a sleep. */
export async function until(what: string, happened: () => boolean): Promise<void> {
  const patience = Date.now() + 5000;
  while (!happened()) {
    if (Date.now() > patience) throw new Error(`${what} did not happen`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
