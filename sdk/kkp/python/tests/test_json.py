import json
import math
import time

import pytest

from kkp._json import MAX_DEPTH, StrictJsonError, read_object, write_object


def nested(depth: int) -> bytes:
    """An object of the given depth: the outermost object is level 1."""
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}',
        '{"a":1,"\\u0061":1}',
        '{"a":{"b":1,"b":1}}',
        '{"a":[{"b":1,"b":1}]}',
        '{"a":NaN}',
        '{"a":Infinity}',
        '{"a":-Infinity}',
        '{"a":1e309}',
        '{"a":-1e309}',
        '{"a":' + "9" * 309 + "}",
        '{"a":-' + "9" * 5000 + "}",
        '{"a":"\\ud800"}',
        '{"a":"\\udc00\\ud800"}',
        '{"\\ud800":1}',
        '{"a":[{"b":["\\udfff"]}]}',
        '{"a":"\t"}',
        '{"a":01}',
        '{"a":+1}',
        '{"a":.5}',
        '{"a":\u0661}',
        "{'a':1}",
        '{"a":1,}',
        '{"a":1}x',
        '{"a":1}{}',
        '\ufeff{"a":1}',
        '\u00a0{"a":1}',
        '{"a":1',
        '{"a":"',
        '{"a":"\\',
        "[]",
        '"a"',
        "1",
        "null",
        "",
        " ",
    ],
)
def test_refuses_what_is_not_one_strict_json_object(text: str) -> None:
    with pytest.raises(StrictJsonError):
        read_object(text.encode())


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":"\xff"}',
        b'{"a":"\xc0\x80"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xf4\x90\x80\x80"}',
        '{"a":1}'.encode("utf-16"),
    ],
)
def test_refuses_what_is_not_utf8(data: bytes) -> None:
    with pytest.raises(StrictJsonError, match="not UTF-8"):
        read_object(data)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 1_000, 200_000])
def test_refuses_nesting_beyond_the_cap_before_the_reader_recurses(depth: int) -> None:
    with pytest.raises(StrictJsonError, match="nested deeper"):
        read_object(nested(depth))


def test_refuses_nesting_of_objects_beyond_the_cap() -> None:
    with pytest.raises(StrictJsonError, match="nested deeper"):
        read_object(b'{"a":' * MAX_DEPTH + b"{}" + b"}" * MAX_DEPTH)


@pytest.mark.parametrize(
    "data",
    [
        nested(MAX_DEPTH),
        json.dumps({"a": "[{" * 50}).encode(),
        json.dumps({"a": '\\"[' * 50}).encode(),
        b'{"a":[' + b"[]," * 99 + b"[]]}",
    ],
)
def test_counts_only_brackets_that_nest(data: bytes) -> None:
    assert read_object(data) == json.loads(data)


def test_stays_linear_on_quotes_that_never_close() -> None:
    started = time.perf_counter()
    with pytest.raises(StrictJsonError):
        read_object(b'{"a":"' + b'\\"' * 500_000)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.7976931348623157e308", 1.7976931348623157e308),
        ("9" * 308, int("9" * 308)),
        ("1e-400", 0.0),
        ("-0", 0),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ('"\\u0000"', "\0"),
        ("12345678901234567890", 12345678901234567890),
    ],
)
def test_reads_what_other_strict_readers_read(text: str, value: object) -> None:
    assert read_object(b' \t\r\n{"a" : ' + text.encode() + b"} ") == {"a": value}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "\ud800", {"\udfff": 1}])
def test_does_not_write_what_json_cannot_carry(value: object) -> None:
    with pytest.raises(ValueError, match="the request holds"):
        write_object({"a": value})


@pytest.mark.parametrize("value", [b"secret", {1, 2}, object()])
def test_does_not_write_foreign_types(value: object) -> None:
    with pytest.raises(TypeError, match="a value that JSON cannot carry"):
        write_object({"a": value})


def test_does_not_write_nesting_without_end() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="nesting without end"):
        write_object({"a": endless})


def test_writes_text_as_utf8() -> None:
    assert write_object({"a": "\u00e9\U0001f600"}) == '{"a":"é😀"}'.encode()
