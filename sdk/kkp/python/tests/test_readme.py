import re
import time
from pathlib import Path

import httpx
import mypy.api
import pytest
from certificates import Authority
from fake_kkp import FakeKkp
from proofs import read_proof
from tokens import token

from kkp._types import ACCESS_TOKEN

README = Path(__file__).parents[1] / "README.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> FakeKkp:
    """Answer every request of httpx's own transports from a fake KKP."""
    kkp = FakeKkp(int(time.time()))

    async def answer(self: object, request: httpx.Request) -> httpx.Response:
        return kkp(request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda self, request: kkp(request))
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)
    return kkp


def run(example: str, capsys: pytest.CaptureFixture[str]) -> str:
    exec(compile(example, "README.md", "exec"), {"__name__": "__main__"})  # noqa: S102
    return capsys.readouterr().out


def test_the_first_example_does_the_whole_job_in_ten_lines(
    network: FakeKkp, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(EXAMPLES[0], capsys) == "billing 4111 1111 1111 1111\n"
    paths = [request.url.path for request in network.requests]
    assert paths == ["/token", "/envelope/encrypt", "/keys/jwks", "/envelope/decrypt"]
    assert len(EXAMPLES[0].splitlines()) <= 10


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_type_check(example: str) -> None:
    output, errors, status = mypy.api.run(["--config-file=", "--strict", "-c", example])
    assert (output, errors, status) == ("Success: no issues found in 1 source file\n", "", 0)


def test_the_async_example_runs(network: FakeKkp, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(EXAMPLES[1], capsys) == "orders\n"
    assert len(EXAMPLES) == 6


@pytest.mark.parametrize(("theirs", "said"), [(token(), ACCESS_TOKEN), ("no token", "Not good.")])
def test_the_example_of_oauth_runs(
    network: FakeKkp,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    theirs: str,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("kkp-api-key").write_text("kkp_secret\n")
    Path("their-jwt").write_text(theirs)
    assert run(EXAMPLES[2], capsys) == f"('decrypt',) 30\n{said}\n"
    paths = [request.url.path for request in network.requests]
    assert paths == ["/oauth/token"] * 3 + ["/oauth/revoke"]
    assert {request.headers["X-API-Key"] for request in network.requests} == {"kkp_secret"}


def test_the_example_of_client_certificates_runs(
    network: FakeKkp, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    authority = Authority()
    authority.write(Path("kkp-ca.pem"))
    authority.issue(Path("client.pem"))
    Path("client.key").write_bytes(Path("client.pem").read_bytes())
    assert run(EXAMPLES[3], capsys) == "Bearer True\n"


def test_the_example_of_bound_tokens_runs(network: FakeKkp, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(EXAMPLES[4], capsys) == "4111 1111 1111 1111\nrevoked\n"
    (opened,) = [request for request in network.requests if request.url.path == "/envelope/decrypt"]
    assert opened.headers["Authorization"].startswith("DPoP ")
    assert read_proof(opened.headers["DPoP"])[1]["htu"] == str(opened.url)


def test_the_example_of_encryption_here_runs(
    network: FakeKkp, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("orders.csv").write_bytes(b"4242," * 1000)
    assert run(EXAMPLES[5], capsys) == "4111 1111 1111 1111\nmoved\n"
    assert Path("orders.copy").read_bytes() == b"4242," * 1000
    assert all(b"4242" not in request.content for request in network.requests)
