"""When a cached key set is fresh, fetched again, or too old: a state machine without I/O or clock."""

import re
from dataclasses import dataclass

from ._errors import KeysUnavailableError, KkpError
from ._keys import ImportedKeys, VerificationKey

DEFAULT_MAX_AGE_SECONDS = 300
MIN_MAX_AGE_SECONDS = 30
MAX_MAX_AGE_SECONDS = 600
COOL_DOWN_SECONDS = 30
STALE_LIMIT_SECONDS = 1800

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=([0-9]{1,9})", re.IGNORECASE)
_LONG_AGO = float("-inf")


@dataclass(frozen=True)
class FetchedKeys:
    """Keys from one answer, when it was asked for, and for how many seconds it may be taken as fresh."""

    keys: ImportedKeys
    asked_at: float
    max_age: float


class JwksCache:
    """The last good key set. All times are seconds of one clock, which the owner reads and passes in."""

    def __init__(self) -> None:
        self._held = FetchedKeys(ImportedKeys({}), asked_at=_LONG_AGO, max_age=0)
        self._next_fetch_at = _LONG_AGO
        self._last_error: KkpError | None = None

    def wants_fetch(self, kid: str, now: float) -> bool:
        """Tell whether to fetch: the keys held are not fresh, or lack kid. Never within the cool-down."""
        if now < self._next_fetch_at:
            return False
        return kid not in self._held.keys or now - self._held.asked_at >= self._held.max_age

    def holds(self, kid: str, now: float) -> bool:
        return kid in self._held.keys and _usable(self._held, now)

    def find(self, kid: str, now: float) -> VerificationKey | None:
        """Return the key, or None if the keys held lack it; raise KeysUnavailableError if none are usable."""
        held = self._held
        if not _usable(held, now):
            raise KeysUnavailableError(
                "No usable keys: the key set could not be fetched."
            ) from self._last_error
        return held.keys.get(kid)

    def store(self, fetched: FetchedKeys, now: float) -> None:
        self._held = fetched
        self._next_fetch_at = now + COOL_DOWN_SECONDS
        self._last_error = None

    def fail(self, error: KkpError, now: float) -> None:
        """Keep the keys held: an outage must not turn valid tokens away before the stale limit."""
        self._next_fetch_at = now + COOL_DOWN_SECONDS
        self._last_error = error


def max_age_of(cache_control: str, least: int = MIN_MAX_AGE_SECONDS) -> int:
    """Return the `max-age` of a Cache-Control header (RFC 9111 section 5.2.2.1), brought within bounds."""
    match = _MAX_AGE.search(cache_control)
    if match is None:
        return DEFAULT_MAX_AGE_SECONDS
    return min(max(int(match.group(1)), least), MAX_MAX_AGE_SECONDS)


def _usable(held: FetchedKeys, now: float) -> bool:
    return now - held.asked_at < STALE_LIMIT_SECONDS
