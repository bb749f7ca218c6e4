import asyncio
import os
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_kkp import FakeKkp
from streams import make_data_key, open_data_key

import kkp as sdk
from kkp import PolicyDenied, StreamError, decrypt_file, encrypt_file

KEY: dict[str, Any] = {"backend": "aws", "key_id": "alias/orders"}
GRANT: dict[str, Any] = {"subject": "billing", "audience": "orders", **KEY}
PLAINTEXT = bytes(range(200))


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    source, target = tmp_path / "plain", tmp_path / "sealed"
    source.write_bytes(PLAINTEXT)
    encrypt_file(make_data_key(), source, target, associated_data="a", segment_size=64)
    return target


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_the_opener_opens_through_the_client(kkp: FakeKkp) -> None:
    with httpx.Client(transport=httpx.MockTransport(kkp)) as http:
        client = sdk.Client("http://kkp.example", http_client=http)
        data_key = client.create_data_key(**KEY)
        token = client.issue_token(**GRANT).token
        opener = client.data_key_opener(
            token, expected_audience="orders", context={"environment": "test"}, timeout=3
        )
        assert sdk.decrypt_bytes(opener, sdk.encrypt_bytes(data_key, PLAINTEXT)) == PLAINTEXT
    assert kkp.bodies[-1] == {
        "token": token,
        "envelope": data_key.envelope,
        "expected_audience": "orders",
        "context": {"environment": "test"},
        "encoding": "base64",
    }
    assert set(kkp.requests[-1].extensions["timeout"].values()) == {3}


def test_the_async_opener_opens_through_the_client(kkp: FakeKkp) -> None:
    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(kkp)) as http:
            client = sdk.AsyncClient("http://kkp.example", http_client=http)
            data_key = await client.create_data_key(**KEY)
            token = (await client.issue_token(**GRANT)).token
            opener = client.data_key_opener(token)
            sealed = sdk.encrypt_bytes(data_key, PLAINTEXT)
            assert await sdk.decrypt_bytes_async(opener, sealed) == PLAINTEXT

    asyncio.run(run())
    assert kkp.bodies[-1].keys() == {"token", "envelope", "encoding"}


def test_a_file_comes_back_whole_and_nothing_is_left_beside_it(sealed: Path) -> None:
    target = sealed.parent / "opened"
    decrypt_file(open_data_key, str(sealed), target, associated_data="a")
    assert target.read_bytes() == PLAINTEXT
    assert names(sealed.parent) == ["opened", "plain", "sealed"]


def test_the_files_are_readable_for_their_owner_alone(sealed: Path) -> None:
    assert stat.S_IMODE(sealed.stat().st_mode) == 0o600


def test_an_existing_file_is_replaced(sealed: Path) -> None:
    target = sealed.parent / "opened"
    target.write_bytes(b"old")
    decrypt_file(open_data_key, sealed, target, associated_data="a")
    assert target.read_bytes() == PLAINTEXT


@pytest.mark.parametrize("cut", [1, 20, 56, 120])
def test_a_cut_file_leaves_no_target_and_nothing_else(sealed: Path, cut: int) -> None:
    sealed.write_bytes(sealed.read_bytes()[:-cut])
    with pytest.raises(StreamError):
        decrypt_file(open_data_key, sealed, sealed.parent / "opened", associated_data="a")
    assert names(sealed.parent) == ["plain", "sealed"]


def test_a_failed_decryption_keeps_the_file_that_was_there(sealed: Path) -> None:
    target = sealed.parent / "opened"
    target.write_bytes(b"old")
    with pytest.raises(StreamError):
        decrypt_file(open_data_key, sealed, target, associated_data="other")
    assert target.read_bytes() == b"old"
    assert names(sealed.parent) == ["opened", "plain", "sealed"]


def test_a_refused_data_key_leaves_nothing(sealed: Path) -> None:
    def refuse(envelope: Any) -> bytes:
        raise PolicyDenied(403, "policy_denied", "No.")

    with pytest.raises(PolicyDenied):
        decrypt_file(refuse, sealed, sealed.parent / "opened")
    assert names(sealed.parent) == ["plain", "sealed"]


def test_an_interrupt_leaves_nothing(sealed: Path) -> None:
    def interrupt(envelope: Any) -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decrypt_file(interrupt, sealed, sealed.parent / "opened")
    assert names(sealed.parent) == ["plain", "sealed"]


def test_a_source_that_is_not_there_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        encrypt_file(make_data_key(), tmp_path / "none", tmp_path / "sealed")
    assert names(tmp_path) == []
