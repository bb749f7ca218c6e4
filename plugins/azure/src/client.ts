import { withinCall, type Call, type Host } from 'kkp-plugin-kit';
import type { Operation, Parts } from './algorithms.js';
import type { AzureConfig } from './config.js';
import { makeCredential, TokenSource } from './credentials.js';
import { refuse, vaultError } from './errors.js';
import type { KeyRef } from './key-ids.js';
import { loadPeer } from './peers.js';

/** One version of a key, as the service describes it. Nothing in it was checked. */
export interface KeyBundle {
  readonly key?: { readonly kid?: string; readonly kty?: string; readonly keyOps?: readonly string[] };
  readonly attributes?: { readonly enabled?: boolean; readonly notBefore?: Date; readonly expires?: Date };
}

/** The answer to a cryptographic call. Nothing in it was checked. */
export interface KeyAnswer {
  readonly kid?: string;
  readonly result?: Uint8Array;
  readonly iv?: Uint8Array;
  readonly authenticationTag?: Uint8Array;
}

interface KeyRequest extends Parts {
  readonly algorithm: string;
  readonly aad?: Uint8Array;
}

/** The calls of the service that the backend needs. They reject with `KmsError`, and with nothing else. */
export interface VaultClient {
  getKey(key: KeyRef, call: Call): Promise<KeyBundle>;
  run(operation: Operation, key: KeyRef, request: KeyRequest, call: Call): Promise<KeyAnswer>;
}

interface SdkOptions {
  readonly abortSignal: AbortSignal;
  readonly requestOptions: { readonly headers: Record<string, string> };
}

/** The generated client of `@azure/keyvault-keys`, one method a REST call. */
type GeneratedClient = Record<
  Operation,
  (
    name: string,
    version: string,
    request: { algorithm: string; value: Uint8Array; iv?: Uint8Array; tag?: Uint8Array; aad?: Uint8Array },
    options: SdkOptions,
  ) => Promise<KeyAnswer>
> & { getKey(name: string, version: string, options: SdkOptions): Promise<KeyBundle> };

const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** Loads the SDKs and makes a client. No request yet. */
export async function connectVault(config: AzureConfig, clock: Host['clock']): Promise<VaultClient> {
  const sdk = await loadPeer('@azure/keyvault-keys', () => import('@azure/keyvault-keys'));
  const credential = new TokenSource(await makeCredential(config.credential), clock);
  const keys = new sdk.KeyClient(config.vaultUrl, credential, {
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
    disableChallengeResourceVerification: !config.verifyChallengeResource,
    allowInsecureConnection: config.vaultUrl.startsWith('http:'),
  });
  return seam(generatedClientOf(keys), clock);
}

/**
 * The client under `KeyClient`. The public `CryptographyClient` will not do: it hides the `kid` of an answer, wraps by
 * itself where it can, refuses to unwrap with an expired version, which the service allows, and gets each key anew.
 */
function generatedClientOf(keys: object): GeneratedClient {
  const { client } = keys as { client?: Partial<GeneratedClient> };
  const calls = ['getKey', 'wrapKey', 'unwrapKey', 'encrypt', 'decrypt'] as const;
  if (calls.every((call) => typeof client?.[call] === 'function')) return client as GeneratedClient;
  throw refuse('unsupported', 'The backend needs version 4.10 of @azure/keyvault-keys.', 'proxy');
}

function seam(client: GeneratedClient, clock: Host['clock']): VaultClient {
  return {
    getKey: ({ name, version = '' }, call) =>
      ask(call, clock, false, (options) => client.getKey(name, version, options)),
    run: (operation, { name, version = '' }, request, call) => {
      const opening = operation === 'unwrapKey' || operation === 'decrypt';
      const discard = (late: KeyAnswer) => {
        if (opening) late.result?.fill(0);
      };
      return ask(
        call,
        clock,
        opening,
        (options) => client[operation](name, version, { ...request }, options),
        discard,
      );
    },
  };
}

async function ask<T>(
  call: Call,
  clock: Host['clock'],
  opening: boolean,
  send: (options: SdkOptions) => Promise<T>,
  discard: (late: T) => void = () => undefined,
): Promise<T> {
  const { requestId } = call;
  const headers = REQUEST_ID.test(requestId) ? { 'x-ms-client-request-id': requestId } : undefined;
  const requestOptions = { headers: headers ?? {} };
  const work = (abortSignal: AbortSignal) => send({ abortSignal, requestOptions });
  try {
    return await withinCall(call, clock, work, { discard });
  } catch (error) {
    throw vaultError(error, opening);
  }
}
