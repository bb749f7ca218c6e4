import { isKmsError, KmsError, type KmsErrorCode, type KmsErrorOptions } from 'kkp-plugin-kit';
import { readFailure, type Failure } from './failure.js';

type Side = NonNullable<KmsErrorOptions['side']>;

/** One row of the table: all conditions that are there must hold. */
interface Row {
  readonly status?: readonly [from: number, to: number];
  /** Code or inner code of the service's answer. */
  readonly codes?: readonly string[];
  /** Of the service's answer. */
  readonly says?: RegExp;
  /** Only for the call that opens a blob. */
  readonly opening?: true;
  readonly error: KmsErrorCode;
  readonly side: Side;
  readonly text: string;
}

const only = (status: number) => [status, status] as const;
const DISABLED = 'The key, or this version of it, is disabled, expired, not valid yet or being deleted.';

/**
 * The first row that fits is taken. Sources: learn.microsoft.com/azure/key-vault/general/rest-error-codes and
 * overview-throttling; KeyDisabled: Azure/azure-sdk-for-python#45342; KeyOperationForbidden: TROUBLESHOOTING.md of
 * Azure/azure-sdk-for-net; BadParameter on unwrap: Azure/azure-sdk-for-net#36269.
 */
const ROWS: readonly Row[] = [
  { status: only(403), codes: ['KeyDisabled'], error: 'disabled-key', side: 'caller', text: DISABLED },
  // The inner codes for keys out of their window of validity are documented nowhere.
  {
    status: only(403),
    says: /\b(expired|not yet valid)\b/i,
    error: 'disabled-key',
    side: 'caller',
    text: DISABLED,
  },
  {
    status: only(403),
    codes: ['KeyOperationForbidden'],
    error: 'unsupported',
    side: 'caller',
    text: 'The key does not permit this operation (key_ops).',
  },
  {
    status: only(403),
    error: 'access-denied',
    side: 'provider',
    text: "The vault refused KKP's identity this operation, or its firewall refused KKP.",
  },
  { status: only(401), error: 'access-denied', side: 'proxy', text: "The vault did not take KKP's token." },
  { status: only(404), error: 'not-found', side: 'caller', text: 'The vault has no such key or version.' },
  { status: only(409), error: 'disabled-key', side: 'caller', text: DISABLED },
  { status: only(429), error: 'throttled', side: 'provider', text: 'The vault gets too many requests.' },
  { status: only(408), error: 'unavailable', side: 'provider', text: 'The vault timed out.' },
  {
    status: only(400),
    opening: true,
    error: 'invalid-ciphertext',
    side: 'caller',
    text: 'The blob does not open under this key.',
  },
  {
    status: only(400),
    says: /algorithm/i,
    error: 'unsupported',
    side: 'caller',
    text: 'The key cannot do this algorithm.',
  },
  { status: [400, 499], error: 'invalid-request', side: 'caller', text: 'The vault refused the request.' },
];

const OTHERWISE: Row = {
  error: 'unavailable',
  side: 'provider',
  text: 'The vault failed, or gave no whole answer.',
};

/** What the SDK throws by itself when a vault names a foreign resource: keyVaultAuthenticationPolicy.js. */
const CHALLENGE = 'The challenge ';

/**
 * The `KmsError` for whatever a call to the vault threw. Nothing of the SDK's error is kept but what the service said:
 * the SDK's holds the request, and so the plaintext.
 */
export function vaultError(error: unknown, opening: boolean): KmsError {
  if (isKmsError(error)) return error;
  const failure = readFailure(error);
  if (failure.message.startsWith(CHALLENGE)) {
    const text = "The vault's challenge is not for its own domain; see the option verifyChallengeResource.";
    return new KmsError('access-denied', text, { side: 'proxy' });
  }
  const row = ROWS.find((candidate) => fits(candidate, failure, opening)) ?? OTHERWISE;
  return new KmsError(row.error, row.text, { ...told(failure), side: row.side });
}

function fits({ status, codes, says, opening }: Row, failure: Failure, isOpening: boolean): boolean {
  return (
    (!status || (failure.status >= status[0] && failure.status <= status[1])) &&
    (!codes || failure.codes.some((code) => codes.includes(code))) &&
    (!says || says.test(failure.said ?? '')) &&
    (!opening || isOpening)
  );
}

function told({ status, codes, said, requestId, retryAfterMs }: Failure): KmsErrorOptions {
  const busy = status === 429 || status >= 500;
  // A 400 may repeat what was sent.
  const words = status === 400 ? undefined : said;
  const providerCode = codes.at(-1);
  return {
    ...(providerCode !== undefined && { providerCode }),
    ...(requestId !== undefined && { providerRequestId: requestId }),
    ...(busy && retryAfterMs !== undefined && { retryAfterMs }),
    ...(words !== undefined && { cause: new Error(words) }),
  };
}

/** The `KmsError` for whatever a credential threw: always KKP's own affair. */
export function credentialError(error: unknown): KmsError {
  if (isKmsError(error)) return error;
  const { status, codes, network } = readFailure(error);
  const providerCode = codes.at(-1);
  const options = { side: 'proxy', ...(providerCode !== undefined && { providerCode }) } as const;
  return network || status === 429 || status >= 500
    ? new KmsError('unavailable', 'The token service did not answer.', options)
    : new KmsError('access-denied', 'KKP got no token for the vault.', options);
}

export const noToken = (): KmsError =>
  new KmsError('access-denied', 'KKP got no token for the vault.', { side: 'proxy' });

/** What the backend itself refuses. */
export const refuse = (code: KmsErrorCode, text: string, side: Side = 'caller'): KmsError =>
  new KmsError(code, text, { side });

export const disabledKey = (): KmsError => refuse('disabled-key', DISABLED);
export const doesNotOpen = (): KmsError =>
  refuse('invalid-ciphertext', 'The blob does not open under this key.');
