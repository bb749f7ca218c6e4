"""Offline verification of KKP tokens."""

import math
import time
from collections.abc import Collection, Mapping
from typing import Any, get_args

from ._errors import TokenVerificationError
from ._keys import ImportedKeys, VerificationKey
from ._remote_jwks import AsyncRemoteJwks, RemoteJwks, async_finder_in, finder_in
from ._remote_revocations import AsyncRemoteRevocations, RemoteRevocations
from ._revocations import RevocationList
from ._token import SignedToken, VerifyOptions, check_bounds, check_validity, parse_claims, parse_token
from ._types import Claims, JwkSet, TokenType


def verify_token(
    token: str,
    keys: RemoteJwks | ImportedKeys | JwkSet | Mapping[str, Any],
    *,
    audience: str | None = None,
    issuer: str | None = None,
    typ: TokenType = "JWT",
    now: float | None = None,
    max_lifetime_seconds: int = 3600,
    clock_skew_seconds: int = 5,
    extra_claims: Collection[str] = (),
    revocations: RemoteRevocations | RevocationList | None = None,
) -> Claims:
    """Return the claims of a valid token, or raise TokenVerificationError with the reason.

    `keys` is a JWK Set, the result of `import_jwks` (imported once, faster), or a `RemoteJwks`.
    `audience` and `issuer`, if given, must be the token's, and `typ` that of its header. `now` is in Unix
    seconds (default: the system's clock). `clock_skew_seconds` (0 to 60) is tolerated on `iat` alone: a token
    is dead at its `exp`, and not yet good before its `nbf`.
    `extra_claims` names claims that may stand beside KKP's own eight; of them `iss`, `nbf`, `ops`, `cnf` and
    `act` must be of their form. What `ops` and `cnf` say is for you to hold the token to.
    `revocations` knows what was taken back: without it, a token that was is good until its `exp`.

    Also raises KeySetError for a key set that must not be trusted, KeysUnavailableError when a `RemoteJwks`
    has no usable keys, and RevocationsUnavailableError or RevocationsError when `revocations` cannot tell.
    """
    options = _options(audience, issuer, typ, now, max_lifetime_seconds, clock_skew_seconds, extra_claims)
    if revocations is not None and not isinstance(revocations, RemoteRevocations | RevocationList):
        raise TypeError("revocations must be a RemoteRevocations or what read_revocations returned")
    find = finder_in(keys)
    signed = parse_token(token, options.typ)
    claims = _check(signed, find(signed.kid), options)
    if revocations is not None and revocations.covers(claims, signed.kid):
        raise TokenVerificationError("revoked")
    return claims


async def verify_token_async(
    token: str,
    keys: AsyncRemoteJwks | ImportedKeys | JwkSet | Mapping[str, Any],
    *,
    audience: str | None = None,
    issuer: str | None = None,
    typ: TokenType = "JWT",
    now: float | None = None,
    max_lifetime_seconds: int = 3600,
    clock_skew_seconds: int = 5,
    extra_claims: Collection[str] = (),
    revocations: AsyncRemoteRevocations | RevocationList | None = None,
) -> Claims:
    """Do what `verify_token` does, with keys and revocations that may have to be fetched."""
    options = _options(audience, issuer, typ, now, max_lifetime_seconds, clock_skew_seconds, extra_claims)
    if revocations is not None and not isinstance(revocations, AsyncRemoteRevocations | RevocationList):
        raise TypeError("revocations must be an AsyncRemoteRevocations or what read_revocations returned")
    find = async_finder_in(keys)
    signed = parse_token(token, options.typ)
    claims = _check(signed, await find(signed.kid), options)
    if isinstance(revocations, AsyncRemoteRevocations):
        is_revoked = await revocations.covers(claims, signed.kid)
    else:
        is_revoked = revocations is not None and revocations.covers(claims, signed.kid)
    if is_revoked:
        raise TokenVerificationError("revoked")
    return claims


def _check(signed: SignedToken, key: VerificationKey | None, options: VerifyOptions) -> Claims:
    if key is None:
        raise TokenVerificationError("unknown_key")
    if not key.verifies(signed.signature, signed.signing_input):
        raise TokenVerificationError("bad_signature")
    claims = parse_claims(signed.payload, options)
    check_validity(claims, options)
    return claims


def _options(
    audience: str | None,
    issuer: str | None,
    typ: TokenType,
    now: float | None,
    max_lifetime_seconds: int,
    clock_skew_seconds: int,
    extra_claims: Collection[str],
) -> VerifyOptions:
    if isinstance(extra_claims, str):
        raise TypeError("extra_claims must be a collection of names, not one string")
    if typ not in get_args(TokenType):
        raise ValueError("typ must be JWT or at+jwt")
    check_bounds(max_lifetime_seconds, clock_skew_seconds)
    return VerifyOptions(
        now=math.floor(time.time() if now is None else now),
        audience=audience,
        issuer=issuer,
        typ=typ,
        max_lifetime_seconds=max_lifetime_seconds,
        clock_skew_seconds=clock_skew_seconds,
        extra_claims=frozenset(extra_claims),
    )
