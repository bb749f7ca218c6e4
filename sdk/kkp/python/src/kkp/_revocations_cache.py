"""When a list of revocations is fresh, fetched again, or at its end: a state machine without I/O or clock."""

from dataclasses import dataclass

from ._errors import KkpError, RevocationsError, RevocationsUnavailableError
from ._revocations import RevocationList
from ._types import Claims

# With no list no token is accepted, so the wait for another try is short.
RETRY_SECONDS = 1


@dataclass(frozen=True)
class FetchedList:
    """A list, the key that signed it, when it was asked for, and until when it is fresh."""

    revocations: RevocationList
    kid: str
    asked_at: float
    fresh_until: float


class RevocationsCache:
    """The last good list. All times are Unix seconds of one clock, which the owner reads and passes in."""

    def __init__(self) -> None:
        self._held: FetchedList | None = None
        self._settled_at = float("-inf")
        self._revoked_kids: dict[str, int] = {}
        self._last_error: KkpError | None = None

    def wants_fetch(self, now: float) -> bool:
        """Tell whether to fetch: there is no fresh list, and the last fetch was no moment ago."""
        if 0 <= now - self._settled_at < RETRY_SECONDS:
            return False
        held = self._held
        return held is None or not held.asked_at <= now < held.fresh_until

    def is_usable(self, now: float) -> bool:
        return _can_tell(self._held, now)

    def covers(self, claims: Claims, kid: str, now: float) -> bool:
        """Raise RevocationsUnavailableError when no list can tell."""
        held = self._held
        if held is None or not _can_tell(held, now):
            raise RevocationsUnavailableError(
                "No list of revocations to rely on: it could not be fetched."
            ) from self._last_error
        return held.revocations.covers(claims, kid)

    def store(self, fetched: FetchedList, now: float) -> None:
        """Raise RevocationsError for the list of somebody who may have stolen a key, or kept an old list."""
        if now < self._revoked_kids.get(fetched.kid, 0):
            raise RevocationsError("revoked_key")
        if self._held is not None and fetched.revocations.issued_at < self._held.revocations.issued_at:
            raise RevocationsError("outdated")
        self._held = fetched
        for kid, until in fetched.revocations.revoked_kids.items():
            self._revoked_kids[kid] = max(until, self._revoked_kids.get(kid, 0))
        self._settled_at = now
        self._last_error = None

    def fail(self, error: KkpError, now: float) -> None:
        """Keep the list held: it can be relied on until its end."""
        self._settled_at = now
        self._last_error = error


def _can_tell(held: FetchedList | None, now: float) -> bool:
    # A clock that was set back behind the fetch does not lengthen the life of a list.
    return held is not None and held.asked_at <= now < held.revocations.expires_at
