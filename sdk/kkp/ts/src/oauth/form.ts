import { isName } from '../shapes.js';
import { isWellFormed } from '../strict-json.js';
import type { ExchangeTokenRequest, GrantTokenRequest } from './types.js';

export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** RFC 6749 section 4.4.2. Throws TypeError as `toForm` does. */
export const grantForm = (request: GrantTokenRequest): URLSearchParams =>
  tokenForm({ grant_type: 'client_credentials' }, request);

/** RFC 8693 section 2.1. Throws TypeError as `toForm` does. */
export const exchangeForm = (request: ExchangeTokenRequest): URLSearchParams =>
  tokenForm(
    { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token_type: ACCESS_TOKEN },
    request,
  );

/**
 * Throws TypeError for a value that is no text or an empty one: a server takes that for a parameter that was left out, which
 * may ask for more. So it does for ill-formed text, in whose place another one would be sent.
 */
export function toForm(parameters: Readonly<Record<string, unknown>>): URLSearchParams {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    if (!isName(value) || !isWellFormed(value))
      throw new TypeError(`${name} must be a text that is not empty`);
    form.set(name, value);
  }
  return form;
}

function tokenForm(
  grant: Readonly<Record<string, string>>,
  request: GrantTokenRequest | ExchangeTokenRequest,
): URLSearchParams {
  const { backend, key_id, policy_claims, ops, ttl_seconds, ...texts } = request;
  const key = { backend, key_id, policy_claims };
  const isNamed = Object.values(key).some((value) => value !== undefined);
  return toForm({
    ...grant,
    ...texts,
    scope: ops?.join(' '),
    ttl_seconds: ttl_seconds?.toString(),
    authorization_details: isNamed ? JSON.stringify([{ type: 'kkp_key', ...key }]) : undefined,
  });
}
