"""The verdicts on the vectors of revocation lists, which both SDKs share."""

from typing import Any

import pytest
from test_vectors import read_cases

from kkp import Claims, RevocationList, RevocationsError, read_revocations

CASES = read_cases("revocations.json")
ACCEPTED = [case for case in CASES if case["verdict"] == "accept"]
REJECTED = [case for case in CASES if case["verdict"] == "reject"]
CHECKS = [
    pytest.param(case, check, id=f"{case['name']} {number}")
    for case in ACCEPTED
    for number, check in enumerate(case["checks"])
]


def read(case: dict[str, Any]) -> RevocationList:
    options = {**case["options"]}
    now = options.pop("now")
    return read_revocations(case["list"], case["keys"], clock=lambda: now, **options)


def claims_of(members: dict[str, Any]) -> Claims:
    own = {name: members[name] for name in Claims.__dataclass_fields__ if name != "extra"}
    return Claims(**own, extra={name: value for name, value in members.items() if name not in own})


def test_the_shared_vectors_are_there() -> None:
    assert (len(ACCEPTED) >= 17, len(REJECTED) >= 67, len(CHECKS) >= 30) == (True, True, True)
    assert {check.values[1]["revoked"] for check in CHECKS} == {True, False}  # type: ignore[index]


@pytest.mark.parametrize("case", REJECTED, ids=lambda case: case["name"])
def test_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(RevocationsError) as caught:
        read(case)
    assert caught.value.reason == case["reason"]


@pytest.mark.parametrize(("case", "check"), CHECKS)
def test_takes_back_what_it_says_and_no_more(case: dict[str, Any], check: dict[str, Any]) -> None:
    assert read(case).covers(claims_of(check["claims"]), check["kid"]) is check["revoked"]
