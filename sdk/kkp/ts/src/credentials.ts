import { KkpCredentialsError } from './errors.js';

/** A secret, or what gives it: asked anew for each call, so that it may change or run out. */
export type Secret = string | (() => string | Promise<string>);

/** Who calls: a bearer token (RFC 6750), as of an OIDC issuer or a service account, or an API key of the server. */
export type Credentials = Secret | { readonly apiKey: Secret };

/** Sets the one header that says who calls; throws KkpCredentialsError. */
export type Authorize = (headers: Headers) => Promise<void>;

/** RFC 6750 section 2.1. */
export const BEARER_TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
/** Visible ASCII: no space to trim, and no line break to end the header with. */
const API_KEY = /^[\x21-\x7e]+$/;
const HEADERS = ['authorization', 'x-api-key'];

/**
 * How `credentials` go into a request. Throws TypeError for what is no credential, and for `headers` that hold one as
 * well: KKP refuses two in one request. No message holds the secret.
 */
export function makeAuthorize(credentials: Credentials, headers: Headers): Authorize {
  if (HEADERS.some((name) => headers.has(name))) {
    throw new TypeError('headers must not hold a credential when the option credentials is there');
  }
  if (typeof credentials === 'object') {
    return settingHeader('X-API-Key', '', credentials.apiKey, API_KEY);
  }
  return settingHeader('Authorization', 'Bearer ', credentials, BEARER_TOKEN);
}

function settingHeader(name: string, prefix: string, secret: Secret, form: RegExp): Authorize {
  const isGood = (text: unknown): text is string => typeof text === 'string' && form.test(text);
  if (typeof secret !== 'function' && !isGood(secret)) {
    throw new TypeError(`credentials must be one line of the characters that ${name} allows, or a function`);
  }
  return async (headers) => {
    const text = typeof secret === 'function' ? await ask(secret) : secret;
    if (!isGood(text)) {
      throw new KkpCredentialsError(`The function credentials gave what ${name} does not allow.`);
    }
    headers.set(name, prefix + text);
  };
}

async function ask(secret: () => string | Promise<string>): Promise<unknown> {
  try {
    return await secret();
  } catch (cause) {
    throw new KkpCredentialsError('The function credentials failed.', { cause });
  }
}
