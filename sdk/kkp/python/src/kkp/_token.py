"""A token's form, and the checks on it: pure, without clock, keys or I/O. `_verify` runs them in order."""

from dataclasses import dataclass, field
from typing import Any

from . import _base64url, _json
from ._claims import as_time, claims_of, is_well_formed
from ._errors import TokenVerificationError
from ._keys import KID
from ._types import Claims

MAX_TOKEN_LENGTH = 8192
MAX_CLOCK_SKEW_SECONDS = 60


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
    issuer: str | None
    typ: str
    max_lifetime_seconds: int
    clock_skew_seconds: int
    extra_claims: frozenset[str]


def parse_token(token: str, typ: str = "JWT", max_length: int = MAX_TOKEN_LENGTH) -> SignedToken:
    """Split and decode a compact JWT (RFC 7519) and check its header."""
    if not isinstance(token, str) or len(token) > max_length:
        raise TokenVerificationError("malformed")
    segments = token.split(".")
    if len(segments) != 3 or "" in segments:
        raise TokenVerificationError("malformed")
    try:
        header, payload, signature = map(_base64url.decode, segments)
    except ValueError:
        raise TokenVerificationError("malformed") from None
    kid = _check_header(read_object(header), typ)
    signing_input = token.rpartition(".")[0].encode("ascii")
    return SignedToken(kid, signing_input, signature, payload)


def parse_claims(payload: bytes, options: VerifyOptions) -> Claims:
    """Read a payload whose signature has been verified."""
    members = read_object(payload)
    claims = claims_of(members)
    # Who asks for an issuer allows it, and whoever asks for RFC 9068's typ its claim.
    allowed = (
        options.extra_claims
        | ({"iss"} if options.issuer is not None else set())
        | ({"client_id"} if options.typ == "at+jwt" else set())
    )
    if (
        claims is None
        or not claims.extra.keys() <= allowed
        or not all(is_well_formed(name, value) for name, value in claims.extra.items())
    ):
        raise TokenVerificationError("bad_claims")
    return claims


def check_validity(claims: Claims, options: VerifyOptions) -> None:
    # nbf is as strict as exp: somebody chose it, while iat comes from the clock of whoever signs.
    not_before = as_time(claims.extra.get("nbf")) or 0
    if claims.iat > options.now + options.clock_skew_seconds or not_before > options.now:
        raise TokenVerificationError("not_yet_valid")
    if not 0 < claims.exp - claims.iat <= options.max_lifetime_seconds:
        raise TokenVerificationError("lifetime_exceeded")
    # No tolerance here: a token is dead at exp by the verifier's own clock.
    if options.now >= claims.exp:
        raise TokenVerificationError("expired")
    if options.issuer is not None and claims.extra.get("iss") != options.issuer:
        raise TokenVerificationError("wrong_issuer")
    if options.audience is not None and claims.aud != options.audience:
        raise TokenVerificationError("wrong_audience")


def check_bounds(max_lifetime_seconds: int, clock_skew_seconds: int) -> None:
    """Raise ValueError for bounds that would switch a check off."""
    if not 0 <= clock_skew_seconds <= MAX_CLOCK_SKEW_SECONDS:
        raise ValueError(f"clock_skew_seconds must be 0 to {MAX_CLOCK_SKEW_SECONDS}")
    if not max_lifetime_seconds > 0:
        raise ValueError("max_lifetime_seconds must be positive")


def read_object(data: bytes) -> dict[str, Any]:
    try:
        return _json.read_object(data)
    except _json.StrictJsonError:
        raise TokenVerificationError("malformed") from None


def _check_header(header: dict[str, Any], typ: str) -> str:
    kid = header.get("kid")
    if (
        header.keys() != {"alg", "typ", "kid"}
        or header["alg"] != "EdDSA"
        or header["typ"] != typ
        or not isinstance(kid, str)
        or not KID.fullmatch(kid)
    ):
        raise TokenVerificationError("unsupported_header")
    return kid
