import { decodeBase64url } from '../base64url.js';
import { isJsonObject } from '../strict-json.js';

/** What a token can be used for. */
export const TOKEN_USES = ['decrypt', 'encrypt', 'rewrap', 'data_key'] as const;

export type TokenUse = (typeof TOKEN_USES)[number];

/** The key that the holder must show beside the token: exactly one member (RFC 9449 section 6.1, RFC 8705 section 3.1). */
export type Confirmation =
  /** SHA-256 thumbprint of a public key (RFC 7638), 43 characters of base64url. */
  | { readonly jkt: string }
  /** SHA-256 of a certificate in DER, 43 characters of base64url. */
  | { readonly 'x5t#S256': string };

/** Who uses the token on behalf of its subject, and in `act` on whose behalf that one does (RFC 8693 section 4.1). */
export interface Actor {
  readonly sub: string;
  readonly iss?: string;
  readonly act?: Actor;
}

/** Claims that a token has only where they are configured or were asked for. */
export interface OptionalClaims {
  /** Who issued the token. */
  readonly iss?: string;
  /** Who asked for the token: in every "at+jwt", and in no other (RFC 9068 section 2.2, RFC 8693 section 4.3). */
  readonly client_id?: string;
  /** Unix seconds before which nobody accepts the token. */
  readonly nbf?: number;
  /** What the token can be used for; without it: to decrypt, and to rewrap. */
  readonly ops?: readonly TokenUse[];
  readonly cnf?: Confirmation;
  readonly act?: Actor;
}

/** The longest chain of actors. */
export const MAX_ACTORS = 4;

/** NumericDate of RFC 7519 section 2, whole seconds only. */
export const isTime = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** A non-empty list of uses, none of them twice. */
export const isOps = (value: unknown): value is readonly TokenUse[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  new Set(value).size === value.length &&
  value.every((use) => (TOKEN_USES as readonly unknown[]).includes(use));

export function isConfirmation(value: unknown): value is Confirmation {
  if (!isJsonObject(value)) return false;
  const [[name, thumbprint] = [], another] = Object.entries(value);
  return another === undefined && (name === 'jkt' || name === 'x5t#S256') && isSha256(thumbprint);
}

const isSha256 = (value: unknown): boolean =>
  typeof value === 'string' && decodeBase64url(value)?.length === 32;

const ACTOR_MEMBERS = ['sub', 'iss', 'act'];

/** A chain of at most `most` actors, each with the members of `Actor` and no others. */
export function isActor(value: unknown, most = MAX_ACTORS): value is Actor {
  if (most === 0 || !isJsonObject(value)) return false;
  return (
    Object.keys(value).every((name) => ACTOR_MEMBERS.includes(name)) &&
    isName(value.sub) &&
    (value.iss === undefined || isName(value.iss)) &&
    (value.act === undefined || isActor(value.act, most - 1))
  );
}

const SHAPES: Readonly<Record<keyof OptionalClaims, (value: unknown) => boolean>> = {
  iss: isName,
  client_id: isName,
  nbf: isTime,
  ops: isOps,
  cnf: isConfirmation,
  act: (value) => isActor(value),
};

export const OPTIONAL_CLAIMS = Object.keys(SHAPES) as (keyof OptionalClaims)[];

/** Whether a claim is not one of the optional ones, or one of its type. */
export const isWellFormedClaim = (name: string, value: unknown): boolean =>
  !Object.hasOwn(SHAPES, name) || SHAPES[name as keyof OptionalClaims](value);
