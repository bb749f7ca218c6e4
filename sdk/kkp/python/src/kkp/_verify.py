"""Offline verification of KKP tokens."""

import math
import time
from collections.abc import Collection, Mapping
from typing import Any

from ._errors import TokenVerificationError
from ._keys import ImportedKeys, VerificationKey, import_jwks
from ._remote_jwks import AsyncRemoteJwks, RemoteJwks
from ._token import SignedToken, VerifyOptions, check_validity, parse_claims, parse_token
from ._types import Claims, JwkSet

MAX_CLOCK_SKEW_SECONDS = 60


def verify_token(
    token: str,
    keys: RemoteJwks | ImportedKeys | JwkSet | Mapping[str, Any],
    *,
    audience: str | None = None,
    now: float | None = None,
    max_lifetime_seconds: int = 3600,
    clock_skew_seconds: int = 5,
    extra_claims: Collection[str] = (),
) -> Claims:
    """Return the claims of a valid token, or raise TokenVerificationError with the reason.

    `keys` is a JWK Set, the result of `import_jwks` (imported once, faster), or a `RemoteJwks`.
    `audience`, if given, must be the token's. `now` is in Unix seconds (default: the system's clock).
    `clock_skew_seconds` (0 to 60) is tolerated on `iat` alone: a token is dead at its `exp`.
    `extra_claims` names claims that may stand beside KKP's own eight.

    Also raises KeySetError for a key set that must not be trusted, and KeysUnavailableError when a
    `RemoteJwks` has no usable keys.
    """
    options = _options(audience, now, max_lifetime_seconds, clock_skew_seconds, extra_claims)
    if isinstance(keys, RemoteJwks):
        signed = parse_token(token)
        return _check(signed, keys.find(signed.kid), options)
    imported = _imported(keys)
    signed = parse_token(token)
    return _check(signed, imported.get(signed.kid), options)


async def verify_token_async(
    token: str,
    keys: AsyncRemoteJwks,
    *,
    audience: str | None = None,
    now: float | None = None,
    max_lifetime_seconds: int = 3600,
    clock_skew_seconds: int = 5,
    extra_claims: Collection[str] = (),
) -> Claims:
    """Do what `verify_token` does, with keys that may have to be fetched."""
    options = _options(audience, now, max_lifetime_seconds, clock_skew_seconds, extra_claims)
    signed = parse_token(token)
    return _check(signed, await keys.find(signed.kid), options)


def _check(signed: SignedToken, key: VerificationKey | None, options: VerifyOptions) -> Claims:
    if key is None:
        raise TokenVerificationError("unknown_key")
    if not key.verifies(signed.signature, signed.signing_input):
        raise TokenVerificationError("bad_signature")
    claims = parse_claims(signed.payload, options.extra_claims)
    check_validity(claims, options)
    return claims


def _imported(keys: ImportedKeys | JwkSet | Mapping[str, Any]) -> ImportedKeys:
    if isinstance(keys, ImportedKeys):
        return keys
    if isinstance(keys, Mapping):
        return import_jwks(keys)
    raise TypeError("keys must be a JWK Set, ImportedKeys or RemoteJwks")


def _options(
    audience: str | None,
    now: float | None,
    max_lifetime_seconds: int,
    clock_skew_seconds: int,
    extra_claims: Collection[str],
) -> VerifyOptions:
    if isinstance(extra_claims, str):
        raise TypeError("extra_claims must be a collection of names, not one string")
    if not 0 <= clock_skew_seconds <= MAX_CLOCK_SKEW_SECONDS:
        raise ValueError(f"clock_skew_seconds must be 0 to {MAX_CLOCK_SKEW_SECONDS}")
    if not max_lifetime_seconds > 0:
        raise ValueError("max_lifetime_seconds must be positive")
    return VerifyOptions(
        now=math.floor(time.time() if now is None else now),
        audience=audience,
        max_lifetime_seconds=max_lifetime_seconds,
        clock_skew_seconds=clock_skew_seconds,
        extra_claims=frozenset(extra_claims),
    )
