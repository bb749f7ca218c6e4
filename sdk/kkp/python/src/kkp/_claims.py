"""The form of claims: the eight of every token, and those that a token has only where they were asked for."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from . import _base64url
from ._types import CLAIM_NAMES, TOKEN_USES, Claims

MAX_SAFE_INTEGER = 2**53 - 1
MAX_ACTORS = 4

_JTI = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def claims_of(members: Mapping[str, Any]) -> Claims | None:
    """Return the eight claims, typed, and other members in `extra`; None when one is missing or wrong."""
    own: dict[str, Any] = {name: members.get(name) for name in CLAIM_NAMES}
    own["exp"], own["iat"] = as_time(own["exp"]), as_time(own["iat"])
    texts_are_good = all(is_name(own[name]) for name in ("sub", "aud", "backend", "key_id"))
    jti_is_good = isinstance(own["jti"], str) and _JTI.fullmatch(own["jti"]) is not None
    times_are_good = own["exp"] is not None and own["iat"] is not None
    if not (texts_are_good and jti_is_good and times_are_good and isinstance(own["policy_claims"], dict)):
        return None
    extra = {name: value for name, value in members.items() if name not in own}
    return Claims(**own, extra=extra)


def is_well_formed(name: str, value: object) -> bool:
    """Tell whether a claim is none of the optional ones, or one of its form."""
    return name not in _FORMS or _FORMS[name](value)


def is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def as_time(value: object) -> int | None:
    """Return Unix seconds given as an integer by value (1.7e9 too), or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= MAX_SAFE_INTEGER or value != int(value):
        return None
    return int(value)


def is_ops(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return all(use in TOKEN_USES for use in value) and len(set(value)) == len(value)


def _is_confirmation(value: object) -> bool:
    """Exactly one of a key (RFC 9449 section 6.1) and a certificate (RFC 8705 section 3.1)."""
    if not isinstance(value, dict) or value.keys() not in ({"jkt"}, {"x5t#S256"}):
        return False
    (thumbprint,) = value.values()
    try:
        return isinstance(thumbprint, str) and len(_base64url.decode(thumbprint)) == 32
    except ValueError:
        return False


def _is_actor(value: object, most: int = MAX_ACTORS) -> bool:
    """Who acts for the subject, and for whom that one acts, as often as `most` (RFC 8693 section 4.1)."""
    if most == 0 or not isinstance(value, dict) or not value.keys() <= {"sub", "iss", "act"}:
        return False
    names_are_good = is_name(value.get("sub")) and ("iss" not in value or is_name(value["iss"]))
    return names_are_good and ("act" not in value or _is_actor(value["act"], most - 1))


_FORMS: dict[str, Callable[[object], bool]] = {
    "iss": is_name,
    "client_id": is_name,
    "nbf": lambda value: as_time(value) is not None,
    "ops": is_ops,
    "cnf": _is_confirmation,
    "act": _is_actor,
}
