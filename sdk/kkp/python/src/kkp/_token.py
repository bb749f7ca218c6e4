"""A token's form, and the checks on it: pure, without clock, keys or I/O. `_verify` runs them in order."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from . import _base64url, _json
from ._errors import TokenVerificationError
from ._keys import KID
from ._types import CLAIM_NAMES, Claims

MAX_TOKEN_LENGTH = 8192
MAX_SAFE_INTEGER = 2**53 - 1

_JTI = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class SignedToken:
    """A token whose form and header are good; nothing in `payload` counts before the signature has passed."""

    kid: str
    signing_input: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    payload: bytes = field(repr=False)


@dataclass(frozen=True)
class VerifyOptions:
    """What a verifier expects; `now` is in Unix seconds."""

    now: int
    audience: str | None
    max_lifetime_seconds: int
    clock_skew_seconds: int
    extra_claims: frozenset[str]


def parse_token(token: str) -> SignedToken:
    """Split and decode a compact JWT (RFC 7519) and check its header."""
    if not isinstance(token, str) or len(token) > MAX_TOKEN_LENGTH:
        raise TokenVerificationError("malformed")
    segments = token.split(".")
    if len(segments) != 3 or "" in segments:
        raise TokenVerificationError("malformed")
    try:
        header, payload, signature = map(_base64url.decode, segments)
    except ValueError:
        raise TokenVerificationError("malformed") from None
    kid = _check_header(_read_object(header))
    signing_input = token.rpartition(".")[0].encode("ascii")
    return SignedToken(kid, signing_input, signature, payload)


def parse_claims(payload: bytes, extra_claims: Collection[str]) -> Claims:
    """Read a payload whose signature has been verified."""
    members = _read_object(payload)
    claims = claims_of(members)
    if claims is None or not claims.extra.keys() <= set(extra_claims):
        raise TokenVerificationError("bad_claims")
    return claims


def claims_of(members: dict[str, Any]) -> Claims | None:
    """Return the eight claims, typed, and other members in `extra`; None when one is missing or wrong."""
    own: dict[str, Any] = {name: members.get(name) for name in CLAIM_NAMES}
    own["exp"], own["iat"] = as_time(own["exp"]), as_time(own["iat"])
    texts_are_good = all(
        isinstance(own[name], str) and own[name] != "" for name in ("sub", "aud", "backend", "key_id")
    )
    jti_is_good = isinstance(own["jti"], str) and _JTI.fullmatch(own["jti"]) is not None
    times_are_good = own["exp"] is not None and own["iat"] is not None
    if not (texts_are_good and jti_is_good and times_are_good and isinstance(own["policy_claims"], dict)):
        return None
    extra = {name: value for name, value in members.items() if name not in own}
    return Claims(**own, extra=extra)


def check_validity(claims: Claims, options: VerifyOptions) -> None:
    if claims.iat > options.now + options.clock_skew_seconds:
        raise TokenVerificationError("not_yet_valid")
    if not 0 < claims.exp - claims.iat <= options.max_lifetime_seconds:
        raise TokenVerificationError("lifetime_exceeded")
    # No tolerance here: a token is dead at exp by the verifier's own clock.
    if options.now >= claims.exp:
        raise TokenVerificationError("expired")
    if options.audience is not None and claims.aud != options.audience:
        raise TokenVerificationError("wrong_audience")


def _read_object(data: bytes) -> dict[str, Any]:
    try:
        return _json.read_object(data)
    except _json.StrictJsonError:
        raise TokenVerificationError("malformed") from None


def _check_header(header: dict[str, Any]) -> str:
    kid = header.get("kid")
    if (
        header.keys() != {"alg", "typ", "kid"}
        or header["alg"] != "EdDSA"
        or header["typ"] != "JWT"
        or not isinstance(kid, str)
        or not KID.fullmatch(kid)
    ):
        raise TokenVerificationError("unsupported_header")
    return kid


def as_time(value: object) -> int | None:
    """Return Unix seconds given as an integer by value (1.7e9 too), or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= MAX_SAFE_INTEGER or value != int(value):
        return None
    return int(value)
