"""The verdicts on the vectors of tokens, which the verifiers of the server and of both SDKs share."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from kkp import KeySetError, TokenVerificationError, import_jwks, verify_token

VECTORS = Path(__file__).parents[4] / "test" / "vectors"


def read_cases(name: str) -> list[dict[str, Any]]:
    """Return the cases of a file, each with its keys."""
    path = VECTORS / name
    # Read at collection: without the file no verdict would be tested, so the first test asks for them.
    vectors = json.loads(path.read_text("utf-8")) if path.exists() else {"keys": {}, "cases": []}
    return [{"keys": vectors["keys"], **case} for case in vectors["cases"]]


TOKENS, OPTIONAL_CLAIMS = read_cases("tokens.json"), read_cases("optional-claims.json")


def test_the_shared_vectors_are_there() -> None:
    for cases, least in ((TOKENS, 200), (OPTIONAL_CLAIMS, 80)):
        assert len(cases) >= least
        assert {case["verdict"] for case in cases} == {"accept", "reject"}


@pytest.mark.parametrize("case", [*TOKENS, *OPTIONAL_CLAIMS], ids=lambda case: case["name"])
def test_verdict(case: dict[str, Any]) -> None:
    keys = case["keys"]
    if case["verdict"] == "accept":
        assert verify_token(case["token"], keys, **case["options"]).to_dict() == case["claims"]
        return
    if case["reason"] == "bad_key":
        with pytest.raises(KeySetError):
            import_jwks(keys)
    with pytest.raises((TokenVerificationError, KeySetError)) as caught:
        verify_token(case["token"], keys, **case["options"])
    assert getattr(caught.value, "reason", "bad_key") == case["reason"]


def test_none_of_the_526_tokens_under_keys_of_small_order_is_accepted() -> None:
    cases = json.loads((VECTORS / "low-order.json").read_text("utf-8"))["cases"]
    accepted: list[object] = []
    for case in cases:
        with contextlib.suppress(KeySetError):
            accepted.append(import_jwks(case["keys"]))
        with contextlib.suppress(KeySetError):
            accepted.append(verify_token(case["token"], case["keys"], **case["options"]))
    assert (len(cases), accepted) == (526, [])
