import type { Kkp } from '../../../dist/index.js';
import { send } from '../routes.js';
import { askVault, type BenchVault } from './vault.js';

/** One thing to do, by each way to do it. */
export interface Operation {
  readonly name: string;
  readonly ways: Readonly<Record<Way, () => Promise<unknown>>>;
}

/** Asking Vault itself; KKP in the same process; a KKP server. */
export const WAYS = ['direct', 'embedded', 'server'] as const;
export type Way = (typeof WAYS)[number];

const SCOPE = { backend: 'vault', key_id: 'transit/keys/orders' };
const PLAINTEXT = 'The quick brown fox jumps over the lazy dog. '.repeat(6).slice(0, 256);
const AAD = 'invoice 4711';
const ENCRYPT = { ...SCOPE, plaintext: PLAINTEXT, associated_data: AAD };
const GRANT = { ...SCOPE, subject: 'svc-billing', audience: 'reports', ttl_seconds: 900 };

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** 256 bytes encrypted and decrypted under the name of an invoice, and a data key of 32 bytes. */
export async function operations(vault: BenchVault, kkp: Kkp, serverUrl: string): Promise<Operation[]> {
  const transit = (call: string, fields: object) =>
    askVault(vault.address, vault.token, `transit/${call}/orders`, fields);
  const server = (path: string, body: object) => send(serverUrl, 'POST', path, JSON.stringify(body));
  const aad = { associated_data: base64(AAD) };
  const { data } = await transit('encrypt', { plaintext: base64(PLAINTEXT), ...aad });
  // Each KKP opens what it has sealed for a token that it has signed.
  const own = { ...(await kkp.issueToken(GRANT)), ...(await kkp.encrypt(ENCRYPT)) };
  const served = { ...(await server('/token', GRANT)), ...(await server('/envelope/encrypt', ENCRYPT)) };
  const request = { expected_audience: GRANT.audience };
  const found: Operation[] = [
    {
      name: 'encrypt',
      ways: {
        direct: () => transit('encrypt', { plaintext: base64(PLAINTEXT), ...aad }),
        embedded: () => kkp.encrypt(ENCRYPT),
        server: () => server('/envelope/encrypt', ENCRYPT),
      },
    },
    {
      name: 'decrypt',
      ways: {
        direct: () => transit('decrypt', { ciphertext: data?.ciphertext, ...aad }),
        embedded: () => kkp.decrypt({ token: own.token, envelope: own.envelope, ...request }),
        server: () =>
          server('/envelope/decrypt', { token: served.token, envelope: served.envelope, ...request }),
      },
    },
  ];
  const dataKey: Operation = {
    name: 'data key',
    ways: {
      direct: () => transit('datakey/plaintext', {}),
      embedded: () => kkp.generateDataKey(SCOPE),
      server: () => server('/datakey', SCOPE),
    },
  };
  return vault.dataKeys ? [...found, dataKey] : found;
}
