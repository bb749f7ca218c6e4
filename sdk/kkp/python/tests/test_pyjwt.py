"""PyJWT and its PyJWKClient verify the tokens of a KKP server through 20 rotations: `pytest -m roundtrip`.

The servers are processes of their own, started here, and HTTP is real. Needs `node` and the built server
(`npx tsc -b`). Where a clock is moved, the server and PyJWT read the same one: PyJWT's waits pass by it.
"""

import datetime
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import jwt
import pytest

import kkp

pytestmark = pytest.mark.roundtrip

SERVER = Path(__file__).parents[4] / "test" / "support" / "clocked-server.mjs"
GRANT: dict[str, Any] = {
    "subject": "python-sdk",
    "audience": "interop",
    "backend": "aws",
    "key_id": "alias/interop",
}
ROTATIONS = 20
START = 1_800_000_000


class Verifier(jwt.PyJWKClient):
    """Lives as long as the test, and counts."""

    def __init__(self, uri: str, **options: Any) -> None:
        super().__init__(uri, **options)
        self.fetched = 0
        self.verified = 0
        self.refused: list[str] = []

    def fetch_data(self) -> Any:
        self.fetched += 1
        return super().fetch_data()

    def verify(self, token: str) -> None:
        try:
            key = self.get_signing_key_from_jwt(token)
            claims = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                audience=GRANT["audience"],
                subject=GRANT["subject"],
                options={"require": ["exp", "iat", "jti", "sub", "aud"]},
            )
        except jwt.PyJWTError as error:
            self.refused.append(f"{type(error).__name__}: {error}")
        else:
            assert claims["key_id"] == GRANT["key_id"]
            self.verified += 1


@contextmanager
def server(*arguments: str, **env: str) -> Iterator[tuple[str, Callable[[int], int]]]:
    """The address of a server, and what moves its clock ahead and tells its time."""
    with subprocess.Popen(  # noqa: S603
        ["node", str(SERVER), *arguments],  # noqa: S607
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **env},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        entry: IO[str] = process.stdin
        answers: IO[str] = process.stdout

        def advance(seconds: int) -> int:
            entry.write(f"{seconds}\n")
            entry.flush()
            return int(json.loads(answers.readline())["now"])

        yield json.loads(answers.readline())["address"], advance
        entry.close()
        assert process.wait() == 0


class MovedClock:
    """The time of a server, for PyJWT too."""

    def __init__(self, advance: Callable[[int], int]) -> None:
        self._advance = advance
        self.now = advance(0)

    def advance(self, seconds: int) -> None:
        self.now = self._advance(seconds)

    def give_to_pyjwt(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = self

        class MovedDatetime(datetime.datetime):
            @classmethod
            def now(cls, tz: datetime.tzinfo | None = None) -> "MovedDatetime":
                return cls.fromtimestamp(clock.now, tz)

        monkeypatch.setattr("jwt.api_jwt.datetime", MovedDatetime)
        for module in ("api_jwk", "jwk_set_cache", "jwks_client"):
            monkeypatch.setattr(f"jwt.{module}.time", SimpleNamespace(monotonic=lambda: clock.now))


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, MovedClock]]:
    with server(str(START)) as (url, advance):
        clock = MovedClock(advance)
        clock.give_to_pyjwt(monkeypatch)
        yield url, clock


def test_by_the_defaults_of_both_every_live_token_is_accepted(moved: tuple[str, MovedClock]) -> None:
    url, clock = moved
    verifiers = [
        Verifier(f"{url}/keys/jwks"),
        Verifier(f"{url}/.well-known/jwks.json", cache_keys=True),
        # Learns of keys only by a kid that it does not know.
        Verifier(f"{url}/keys/jwks", lifespan=10**9),
    ]
    kids: set[str] = set()
    live: list[kkp.IssuedToken] = []
    with kkp.Client(url) as client:
        while len(kids) <= ROTATIONS:
            live.append(client.issue_token(**GRANT, ttl_seconds=900))
            kids.add(live[-1].kid)
            for verifier in verifiers:
                for issued in live:
                    verifier.verify(issued.token)
            clock.advance(60)
            live = [issued for issued in live if clock.now < issued.expires_at]
    assert [verifier.refused for verifier in verifiers] == [[], [], []]
    # A token a minute through 20 intervals of 15 minutes, and one under the last key; each lives 15 minutes.
    assert [verifier.verified for verifier in verifiers] == [15 * 301 - 15 * 14 // 2] * 3
    assert verifiers[2].fetched < ROTATIONS


def test_each_token_is_accepted_as_soon_as_an_operator_has_rotated(moved: tuple[str, MovedClock]) -> None:
    url, clock = moved
    verifier = Verifier(f"{url}/keys/jwks", cooldown_duration=0)
    with kkp.Client(url) as client:
        live = [client.issue_token(**GRANT, ttl_seconds=300)]
        for _ in range(ROTATIONS):
            clock.advance(200)
            rotated = client.rotate()
            live = [issued for issued in live if clock.now < issued.expires_at]
            live.append(client.issue_token(**GRANT, ttl_seconds=300))
            assert live[-1].kid == rotated.kid
            for issued in live:
                verifier.verify(issued.token)
    assert (verifier.refused, verifier.verified) == ([], 2 * ROTATIONS)


def test_by_default_a_key_is_missed_for_no_longer_than_the_cool_down(moved: tuple[str, MovedClock]) -> None:
    url, clock = moved
    verifier = Verifier(f"{url}/keys/jwks")
    refused_at: list[int] = []
    with kkp.Client(url) as client:
        verifier.verify(client.issue_token(**GRANT).token)
        client.rotate()
        client.rotate()
        token = client.issue_token(**GRANT).token
        for second in range(41):
            before = len(verifier.refused)
            verifier.verify(token)
            if len(verifier.refused) > before:
                refused_at.append(second)
            clock.advance(1)
    # The second key was published after the keys had been fetched; for 30 seconds they are not again.
    assert refused_at == list(range(30))


def test_by_the_clock_of_the_machine_every_token_of_every_key_is_accepted() -> None:
    # An operator's rotations, which come at once, and each leaves a key behind that live tokens need.
    with server(KKP_MAX_ACTIVE_KEYS="40") as (url, _advance), kkp.Client(url) as client:
        verifier = Verifier(f"{url}/keys/jwks", cooldown_duration=0)
        issued = [client.issue_token(**GRANT)]
        for _ in range(ROTATIONS):
            client.rotate()
            issued.append(client.issue_token(**GRANT))
            for one in issued:
                verifier.verify(one.token)
    assert len({one.kid for one in issued}) == ROTATIONS + 1
    # 2 tokens after the first rotation, 21 after the last.
    assert (verifier.refused, verifier.verified) == ([], 230)
