import { KmsError, type KmsErrorCode, type KmsErrorOptions } from 'kkp-plugin-kit';

/** What was asked of Vault; the same answer means different things. */
export type Operation = 'encrypt' | 'decrypt' | 'read-key' | 'login' | 'token' | 'health';

/** An answer of Vault that is no success. */
export interface Refusal {
  readonly status: number;
  /** Vault's `errors`. They may repeat what was sent, secrets included, so they are matched and never passed on. */
  readonly errors: readonly string[];
  readonly retryAfterMs: number | undefined;
}

interface Row {
  readonly from: number;
  readonly to?: number;
  readonly operations?: readonly Operation[];
  readonly text?: RegExp;
  readonly code: KmsErrorCode;
  readonly side: NonNullable<KmsErrorOptions['side']>;
  /** Follows the status in `providerCode`. */
  readonly label?: string;
  readonly message: string;
}

/**
 * The first row that fits decides. Statuses: RespondErrorCommon and AdjustErrorStatusCode in sdk/logical/response_util.go;
 * texts: sdk/helper/keysutil/policy.go, builtin/logical/transit, vault/router.go (hashicorp/vault, openbao/openbao).
 */
const TABLE: readonly Row[] = [
  {
    from: 300,
    to: 399,
    code: 'unavailable',
    side: 'proxy',
    label: 'redirect',
    message:
      'Vault answered with a redirect, which is not followed: the token goes to no other host. The address is that of a standby node that does not forward; use the active node or a load balancer.',
  },
  {
    from: 429,
    operations: ['encrypt', 'decrypt', 'read-key', 'login', 'token'],
    code: 'throttled',
    side: 'provider',
    label: 'quota exceeded',
    message: 'A quota of Vault is used up.',
  },
  {
    from: 412,
    code: 'unavailable',
    side: 'provider',
    label: 'required index state not present',
    message: 'The node of Vault has not caught up with the others yet.',
  },
  {
    from: 400,
    to: 405,
    operations: ['login'],
    code: 'access-denied',
    side: 'proxy',
    label: 'login refused',
    message: 'Vault refused the login: role, secret, or mount of the auth method.',
  },
  {
    from: 400,
    operations: ['token'],
    code: 'access-denied',
    side: 'proxy',
    label: 'token refused',
    message: 'Vault does not renew the token of this server, or does not know it.',
  },
  {
    from: 401,
    to: 403,
    operations: ['token'],
    code: 'access-denied',
    side: 'proxy',
    label: 'permission denied',
    message: 'Vault does not take the token of this server.',
  },
  {
    from: 401,
    to: 403,
    code: 'access-denied',
    side: 'caller',
    label: 'permission denied',
    message: 'The policies of the Vault token do not allow this on this key.',
  },
  {
    from: 404,
    text: /no handler for route/,
    code: 'not-found',
    side: 'proxy',
    label: 'no handler for route',
    message: 'Vault has no transit engine at that mount, or no such namespace.',
  },
  {
    from: 404,
    operations: ['read-key'],
    code: 'not-found',
    side: 'caller',
    message: 'The transit engine has no such key.',
  },
  {
    from: 404,
    to: 405,
    code: 'unsupported',
    side: 'proxy',
    message: 'What is mounted there is no transit engine that knows this call.',
  },
  {
    from: 413,
    code: 'invalid-request',
    side: 'caller',
    message: 'The request is too large for Vault.',
  },
  {
    from: 400,
    text: /encryption key not found/,
    code: 'not-found',
    side: 'caller',
    label: 'encryption key not found',
    message: 'The transit engine has no such key.',
  },
  {
    from: 400,
    text: /soft-deleted key/,
    code: 'disabled-key',
    side: 'caller',
    label: 'soft-deleted key',
    message: 'The key is soft-deleted.',
  },
  {
    from: 400,
    operations: ['decrypt'],
    text: /disallowed by policy \(too old\)/,
    code: 'disabled-key',
    side: 'caller',
    label: 'too old',
    message: 'The version of the key that made the blob is retired: it is below min_decryption_version.',
  },
  {
    from: 400,
    operations: ['decrypt'],
    text: /invalid ciphertext|message authentication failed/,
    code: 'invalid-ciphertext',
    side: 'caller',
    label: 'invalid ciphertext',
    message: 'The blob does not open under this key and this AAD.',
  },
  {
    from: 400,
    text: /not supported for key type|non-AEAD cipher suite|for key derivation|convergent nonce/,
    code: 'unsupported',
    side: 'caller',
    label: 'key type',
    message: 'A key of this type or kind cannot be used for this.',
  },
  {
    from: 400,
    operations: ['encrypt', 'decrypt', 'read-key'],
    code: 'invalid-request',
    side: 'caller',
    message: 'Vault does not accept the request.',
  },
  {
    from: 503,
    text: /is sealed/,
    code: 'unavailable',
    side: 'provider',
    label: 'sealed',
    message: 'Vault is sealed.',
  },
];

const OTHERWISE: Omit<Row, 'from'> = {
  code: 'unavailable',
  side: 'provider',
  message: 'Vault failed, or is not ready.',
};

export function vaultError(operation: Operation, { status, errors, retryAfterMs }: Refusal): KmsError {
  const text = errors.join('\n');
  const { code, side, label, message } =
    TABLE.find(
      ({ from, to = from, operations, text: pattern }) =>
        status >= from &&
        status <= to &&
        (operations?.includes(operation) ?? true) &&
        (pattern?.test(text) ?? true),
    ) ?? OTHERWISE;
  return new KmsError(code, message, {
    side,
    providerCode: label === undefined ? String(status) : `${status} ${label}`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** Nobody waits any longer, or nobody may ask. */
export function unavailable(message: string): KmsError {
  return new KmsError('unavailable', message, { side: 'proxy' });
}

/** A success in a form that Vault does not give. Without a cause: the text of a parser repeats the answer. */
export function strangeAnswer(requestId?: string): KmsError {
  return new KmsError('unavailable', 'Vault answered in a form that it should not.', {
    providerCode: 'malformed answer',
    ...(requestId !== undefined && { providerRequestId: requestId }),
  });
}

/** No answer: name resolution, connection, TLS, or a body cut short. */
export function connectionError(cause: unknown): KmsError {
  return new KmsError('unavailable', 'Vault could not be reached, or broke off its answer.', {
    providerCode: networkCode(Object(cause)) ?? 'no answer',
    cause,
  });
}

/** `fetch` hides the code of a failed connection in its cause. */
function networkCode(error: unknown): string | undefined {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return typeof cause === 'object' && cause !== null ? networkCode(cause) : undefined;
}
