/** An answer of the service that is no success: `{"error":{"code","message","innererror":{"code"}}}`. */
export class ServiceError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly innerCode?: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  get body(): string {
    const { code, message, innerCode } = this;
    return JSON.stringify({
      error: { code, message, ...(innerCode !== undefined && { innererror: { code: innerCode } }) },
    });
  }
}

export const badParameter = (message: string) => new ServiceError(400, 'BadParameter', message);

/** Text: KeyVaultErrorException in many threads, for example Azure/azure-sdk-for-js#17391. */
export const keyNotFound = (name: string) =>
  new ServiceError(404, 'KeyNotFound', `A key with (name/id) ${name} was not found in this key vault.`);

/** Azure/azure-sdk-for-python#45342. */
export const keyDisabled = (operation: string) =>
  new ServiceError(
    403,
    'Forbidden',
    `Operation ${operation} is not allowed on a disabled key.`,
    'KeyDisabled',
  );

/** That it is a 403 is in about-keys-details, "Date-time controlled operations"; text and code are ours. */
export const keyExpired = (operation: string) =>
  new ServiceError(
    403,
    'Forbidden',
    `Operation ${operation} is not allowed on an expired key.`,
    'KeyExpired',
  );

/** TROUBLESHOOTING.md of Azure.Security.KeyVault.Keys in Azure/azure-sdk-for-net. */
export const operationForbidden = (operation: string) =>
  new ServiceError(
    403,
    'Forbidden',
    `Operation ${operation} is not permitted on this key.`,
    'KeyOperationForbidden',
  );

/** learn.microsoft.com/azure/key-vault/general/rest-error-codes, "HTTP 403". */
export const accessDenied = (operation: string) =>
  new ServiceError(
    403,
    'Forbidden',
    `The user, group or application does not have keys ${operation} permission on key vault 'fake'.`,
    'AccessDenied',
  );

/** Body: vcsjones/AzureSignTool#219; Retry-After: learn.microsoft.com/azure/key-vault/general/overview-throttling. */
export const throttled = (retryAfter: string) =>
  new ServiceError(
    429,
    'Throttled',
    'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached',
    undefined,
    { 'Retry-After': retryAfter },
  );

/** The challenge: keyVaultAuthenticationPolicy.js; the text: rest-error-codes, "HTTP 401". */
export const unauthorized = (resource: string) =>
  new ServiceError(401, 'Unauthorized', 'AKV10000: Request is missing a Bearer or PoP token.', undefined, {
    'WWW-Authenticate': `Bearer authorization="https://login.windows.net/00000000-0000-0000-0000-000000000001", resource="${resource}"`,
  });
