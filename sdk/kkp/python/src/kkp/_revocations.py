"""Signed lists of revocations: their form, and what a good one takes back. No keys and no I/O."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from ._claims import as_time, is_name
from ._errors import RevocationsError, RevocationsReason, TokenVerificationError
from ._keys import VerificationKey
from ._token import SignedToken, parse_token, read_object
from ._types import Claims

LIST_TYPE = "kkp-revocations+jwt"
MAX_LIST_LENGTH = 16 * 1024 * 1024
MAX_LIFETIME_SECONDS = 3600
CLOCK_SKEW_SECONDS = 5

_RULES = [
    {"jti", "expires_at"},
    {"subject", "issued_until", "expires_at"},
    {"backend", "key_id", "issued_until", "expires_at"},
    {"kid", "expires_at"},
    {"before", "expires_at"},
]
_TIMES = ("before", "expires_at", "issued_until")


@dataclass(frozen=True)
class ListOptions:
    """What a verifier expects of a list. `clock` gives Unix seconds."""

    issuer: str | None = None
    clock: Callable[[], float] = time.time
    max_lifetime_seconds: int = MAX_LIFETIME_SECONDS
    clock_skew_seconds: int = CLOCK_SKEW_SECONDS


class RevocationList:
    """A list that was verified. From `expires_at` on, in Unix seconds, it tells nothing any more."""

    def __init__(
        self, issued_at: int, expires_at: int, rules: Iterable[Mapping[str, Any]], clock: Callable[[], float]
    ) -> None:
        self.issued_at = issued_at
        self.expires_at = expires_at
        self._clock = clock
        # For each thing that a rule is about, the last second whose tokens it covers.
        self._until: dict[tuple[str, ...], float] = {}
        self._revoked_kids: dict[str, int] = {}
        for rule in rules:
            thing, until = _meaning_of(rule)
            self._until[thing] = max(until, self._until.get(thing, -1))
            if "kid" in rule:
                self._revoked_kids[rule["kid"]] = max(
                    rule["expires_at"], self._revoked_kids.get(rule["kid"], 0)
                )

    @property
    def revoked_kids(self) -> Mapping[str, int]:
        """The signing keys that it revokes, with the end of each rule in Unix seconds."""
        return self._revoked_kids

    def covers(self, claims: Claims, kid: str) -> bool:
        """Tell whether it takes back a token with these claims that the key `kid` signed.

        Raises RevocationsError once it has expired.
        """
        if math.floor(self._clock()) >= self.expires_at:
            raise RevocationsError("expired")
        about = [
            ("all",),
            ("jti", claims.jti),
            ("kid", kid),
            ("key", claims.backend, claims.key_id),
            *(("subject", subject) for subject in _subjects_of(claims)),
        ]
        return any(self._until.get(thing, -1) >= claims.iat for thing in about)


def parse_list(text: str) -> SignedToken:
    """Split and decode a list and check its header. Raises RevocationsError."""
    with _for_lists():
        return parse_token(text, LIST_TYPE, MAX_LIST_LENGTH)


def read_list(signed: SignedToken, key: VerificationKey | None, options: ListOptions) -> RevocationList:
    """Verify a list with the key that it names. Raises RevocationsError."""
    if key is None:
        raise RevocationsError("unknown_key")
    if not key.verifies(signed.signature, signed.signing_input):
        raise RevocationsError("bad_signature")
    with _for_lists():
        members = read_object(signed.payload)
    issued_at, expires_at = as_time(members.get("iat")), as_time(members.get("exp"))
    rules = members.get("rules")
    if (
        not members.keys() <= {"iss", "iat", "exp", "rules"}
        or not is_name(members.get("iss", "none"))
        or issued_at is None
        or expires_at is None
        or not isinstance(rules, list)
        or not all(map(_is_rule, rules))
    ):
        raise RevocationsError("bad_claims")
    _check_validity(issued_at, expires_at, options)
    if options.issuer is not None and members.get("iss") != options.issuer:
        raise RevocationsError("wrong_issuer")
    return RevocationList(issued_at, expires_at, rules, options.clock)


def _check_validity(issued_at: int, expires_at: int, options: ListOptions) -> None:
    now = math.floor(options.clock())
    if issued_at > now + options.clock_skew_seconds:
        raise RevocationsError("not_yet_valid")
    if not 0 < expires_at - issued_at <= options.max_lifetime_seconds:
        raise RevocationsError("lifetime_exceeded")
    if now >= expires_at:
        raise RevocationsError("expired")


def _is_rule(rule: object) -> bool:
    """Tell whether it is exactly one of the five kinds. One that nobody knows could cover anything."""
    if not isinstance(rule, dict) or rule.keys() not in _RULES:
        return False
    return all(as_time(rule[name]) is not None if name in _TIMES else is_name(rule[name]) for name in rule)


def _meaning_of(rule: Mapping[str, Any]) -> tuple[tuple[str, ...], float]:
    """Return what a rule is about, and the last second whose tokens it covers."""
    if "jti" in rule:
        return ("jti", rule["jti"]), math.inf
    if "kid" in rule:
        return ("kid", rule["kid"]), math.inf
    if "before" in rule:
        return ("all",), rule["before"] - 1
    if "subject" in rule:
        return ("subject", rule["subject"]), rule["issued_until"]
    return ("key", rule["backend"], rule["key_id"]), rule["issued_until"]


def _subjects_of(claims: Claims) -> Iterator[str]:
    """Yield the subject and those who act for it (RFC 8693 section 4.1)."""
    yield claims.sub
    actor = claims.extra.get("act")
    while isinstance(actor, dict):
        if isinstance(actor.get("sub"), str):
            yield actor["sub"]
        actor = actor.get("act")


@contextmanager
def _for_lists() -> Iterator[None]:
    """The form of a list is that of a token, and so are the reasons."""
    try:
        yield
    except TokenVerificationError as error:
        raise RevocationsError(cast(RevocationsReason, error.reason)) from None
