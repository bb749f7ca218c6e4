import pytest
from tokens import jwk, jwks

from kkp import KeysUnavailableError, KkpTimeoutError, import_jwks
from kkp._jwks_cache import FetchedKeys, JwksCache, max_age_of


def cache_with_keys(asked_at: float = 1000, max_age: float = 300, now: float | None = None) -> JwksCache:
    cache = JwksCache()
    fetched = FetchedKeys(import_jwks(jwks(jwk(kid="a"))), asked_at, max_age)
    cache.store(fetched, asked_at if now is None else now)
    return cache


def test_an_empty_cache_wants_keys_and_has_none_to_give() -> None:
    cache = JwksCache()
    assert cache.wants_fetch("a", 0)
    assert not cache.holds("a", 0)
    with pytest.raises(KeysUnavailableError):
        cache.find("a", 0)


def test_a_known_kid_is_fetched_again_only_at_max_age() -> None:
    cache = cache_with_keys(max_age=300)
    assert [cache.wants_fetch("a", 1000 + age) for age in (0, 29, 30, 299.9, 300)] == [False] * 4 + [True]


def test_an_unknown_kid_is_fetched_only_after_the_cool_down() -> None:
    cache = cache_with_keys()
    assert [cache.wants_fetch("b", 1000 + age) for age in (0, 29.9, 30)] == [False, False, True]
    assert cache.find("b", 1000) is None


def test_the_age_counts_from_the_question_and_the_cool_down_from_the_answer() -> None:
    cache = cache_with_keys(asked_at=1000, max_age=30, now=1020)
    assert [cache.wants_fetch("a", now) for now in (1030, 1049.9, 1050)] == [False, False, True]
    assert cache.holds("a", 2799.9)
    assert not cache.holds("a", 2800)


def test_a_failure_keeps_the_keys_until_1800_seconds_after_they_were_asked_for() -> None:
    cache = cache_with_keys()
    failure = KkpTimeoutError("slow")
    cache.fail(failure, 2700)
    assert cache.find("a", 2799.9) is not None
    with pytest.raises(KeysUnavailableError) as caught:
        cache.find("a", 2800)
    assert caught.value.__cause__ is failure


def test_a_failure_starts_a_cool_down_too() -> None:
    cache = JwksCache()
    cache.fail(KkpTimeoutError("slow"), 1000)
    assert [cache.wants_fetch("a", 1000 + age) for age in (0, 29.9, 30)] == [False, False, True]


def test_a_new_key_set_replaces_the_old_one() -> None:
    cache = cache_with_keys()
    cache.store(FetchedKeys(import_jwks(jwks(jwk(kid="b"))), 1100, 300), 1100)
    assert cache.find("a", 1100) is None
    assert cache.find("b", 1100) is not None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("public, max-age=300", 300),
        ("max-age=120", 120),
        ("Max-Age=120, public", 120),
        ("public,max-age=120", 120),
        ("max-age=30", 30),
        ("max-age=29", 30),
        ("max-age=0", 30),
        ("max-age=600", 600),
        ("max-age=601", 600),
        ("max-age=" + "9" * 5000, 600),
        ("", 300),
        ("no-store", 300),
        ("s-maxage=120", 300),
        ("x-max-age=120", 300),
        ("max-age=-1", 300),
        ("max-age=soon", 300),
        ("max-age", 300),
    ],
)
def test_max_age_is_read_within_bounds(header: str, seconds: int) -> None:
    assert max_age_of(header) == seconds
