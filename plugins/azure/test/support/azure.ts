import { isKmsError, type Call, type Host, type KmsBackend, type KmsError } from 'kkp-plugin-kit';
import { createTestHost } from 'kkp-plugin-kit/testkit';
import { azureWith, type AzureVaultOptions, type TokenCredential } from 'kkp-plugin-azure';
import { TOKEN, type FakeVault } from '../fake/vault.js';

export const PLAINTEXT = Uint8Array.from({ length: 32 }, (_, index) => index);

export const credential: TokenCredential = {
  getToken: () => Promise.resolve({ token: TOKEN, expiresOnTimestamp: Date.now() + 3_600_000 }),
};

export function call(signal: AbortSignal = new AbortController().signal): Call {
  return { signal, deadline: Date.now() + 3_600_000, requestId: 'test-1' };
}

/** A host whose time can be moved. */
export function movableHost(): { readonly host: Host; advance(ms: number): void } {
  let ahead = 0;
  const host = { ...createTestHost().host, clock: { now: () => Date.now() + ahead } };
  return { host, advance: (ms) => void (ahead += ms) };
}

export interface Setup {
  readonly options?: Partial<AzureVaultOptions>;
  readonly credential?: TokenCredential;
  readonly host?: Host;
}

export function create(vault: FakeVault, setup: Setup = {}): KmsBackend {
  const plugin = azureWith(setup.credential ?? credential)({
    name: 'test',
    vaultUrl: vault.url,
    verifyChallengeResource: false,
    ...setup.options,
  });
  return plugin.create(setup.host ?? createTestHost().host);
}

/** An open backend; what opening it took is forgotten. */
export async function open(vault: FakeVault, setup: Setup = {}): Promise<KmsBackend> {
  const backend = create(vault, setup);
  await backend.open(call());
  vault.seen.length = 0;
  return backend;
}

export async function refusal(attempt: Promise<unknown>): Promise<KmsError> {
  const error = await attempt.then(
    () => new Error('It succeeded.'),
    (reason: unknown) => reason,
  );
  if (isKmsError(error)) return error;
  throw error;
}

/** Method and path of each request since the last look, version digits as `{v}`. */
export function wire(vault: FakeVault): string[] {
  const seen = vault.seen.splice(0);
  return seen.map(({ method, url }) => `${method} ${url.split('?')[0]?.replace(/[0-9a-f]{32}/, '{v}')}`);
}
