import { memberNames, type Asker, type BodyType, type Face } from '../access/index.js';
import { isAuthenticated } from '../callers/index.js';
import { KkpError } from '../errors.js';
import { isJsonObject } from '../strict-json.js';
import { oauthRefusal } from './oauth-errors.js';

export const FORM_TYPE = 'application/x-www-form-urlencoded';

/**
 * OAuth's: forms in, JSON out. A page of another origin can send a form without asking, and reads no answer; nothing that
 * such a request could change depends on a credential that a browser would add.
 */
export const OAUTH: Face = {
  mediaType: FORM_TYPE,
  membersOf,
  refusalOf: (error, _requestId, headers) => oauthRefusal(error, headers),
};

/** A token that is not good needs not be taken back: that is no error (RFC 7009 section 2.2). */
export const OAUTH_REVOCATION: Face = {
  ...OAUTH,
  refusalOf: (error, requestId, headers) =>
    error.code === 'invalid_grant'
      ? { status: 200, headers: { 'Cache-Control': 'no-store' }, body: '' }
      : OAUTH.refusalOf(error, requestId, headers),
};

/**
 * The parameters that an operation knows (RFC 6749 section 3.2): each at most once, an empty one as good as none, others
 * passed over. Which client sends them is checked here, alike for all operations.
 */
function membersOf(type: BodyType<object>, parsed: unknown, asker: Asker): Record<string, string> {
  const form = parsed ?? {};
  if (!isJsonObject(form)) throw new KkpError('invalid_request', 'The body must be a form.');
  const texts = textsOf(form);
  checkClient(texts, asker);
  const known = memberNames(type);
  return Object.fromEntries([...texts].filter(([name]) => known.includes(name)));
}

/** May be there more than once (RFC 8693 section 2.1, RFC 8707 section 2): for targets that no token of ours can have. */
const TARGETS: readonly string[] = ['audience', 'resource'];

function textsOf(form: Record<string, unknown>): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [name, value] of Object.entries(form)) {
    if (value === '') continue;
    if (typeof value === 'string') texts.set(name, value);
    else if (TARGETS.includes(name))
      throw new KkpError('invalid_target', 'A token is for one target: name one.');
    else throw new KkpError('invalid_request', 'Send each parameter once, as text.');
  }
  return texts;
}

/** Ways to authenticate in a body (RFC 6749 section 2.3.1, RFC 7521 section 4.2), which comes too late. */
const IN_BODY: readonly string[] = ['client_secret', 'client_assertion', 'client_assertion_type'];

function checkClient(texts: ReadonlyMap<string, string>, { caller, token }: Asker): void {
  const inBody = IN_BODY.find((name) => texts.has(name));
  if (inBody !== undefined) {
    throw new KkpError(
      'invalid_request',
      `The parameter ${inBody} is not taken: authenticate in the header Authorization or X-API-Key, or by TLS.`,
    );
  }
  if (token !== undefined) {
    throw new KkpError(
      'unauthenticated',
      'A KKP token is no credential of a client: send it as a parameter.',
    );
  }
  const clientId = texts.get('client_id');
  if (clientId === undefined || !isAuthenticated(caller) || clientId === caller.id) return;
  throw new KkpError('unauthenticated', 'The client_id is not that of the authenticated client.');
}
