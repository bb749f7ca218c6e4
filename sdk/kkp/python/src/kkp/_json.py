"""Strict JSON (RFC 8259): the reader of tokens, key sets and answers, and the writer of requests.

Python's reader alone would take duplicate names, NaN, numbers that overflow and lone surrogates, and would
leave it to the recursion limit to decide about nesting.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

JsonValue = None | bool | int | float | str | list[Any] | dict[str, Any]
"""A JSON value, as the standard library's `json` reads it."""

JsonObject = dict[str, Any]

MAX_DEPTH = 32
"""Nesting allowed, the outermost object being level 1."""

# A string without its closing quote still matches, up to the end: the scan stays linear on bad input.
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


class StrictJsonError(ValueError):
    """The bytes are not a JSON object within the rules; the message holds nothing of them."""


def read_object(data: bytes, max_depth: int = MAX_DEPTH) -> JsonObject:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise StrictJsonError("not UTF-8") from None
    _check_depth(text, max_depth)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError:
        raise StrictJsonError("not JSON") from None
    if not isinstance(value, dict):
        raise StrictJsonError("not a JSON object")
    _check_strings(value)
    return value


def is_text(value: str) -> bool:
    """Tell whether a string has no lone surrogates."""
    return _SURROGATE.search(value) is None


def write_object(value: Mapping[str, Any]) -> bytes:
    """Raise TypeError or ValueError for what JSON cannot carry; the message holds nothing of the value."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except TypeError:
        raise TypeError("the request holds a value that JSON cannot carry") from None
    except (ValueError, RecursionError):
        raise ValueError("the request holds NaN, an infinity, or nesting without end") from None
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("the request holds a lone surrogate, which is not text") from None


def _check_depth(text: str, max_depth: int) -> None:
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        token = match.group()
        if token in ("{", "["):
            depth += 1
            if depth > max_depth:
                raise StrictJsonError(f"nested deeper than {max_depth} levels")
        elif token in ("}", "]"):
            depth -= 1


def _check_strings(value: JsonValue) -> None:
    if isinstance(value, str):
        if not is_text(value):
            raise StrictJsonError("a string with a lone surrogate")
    elif isinstance(value, list):
        for item in value:
            _check_strings(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_strings(name)
            _check_strings(item)


def _unique_members(pairs: list[tuple[str, Any]]) -> JsonObject:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise StrictJsonError("a member name twice in one object")
    return members


def _finite_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise StrictJsonError("a number too large for a double")
    return number


def _finite_int(text: str) -> int:
    # The double decides, as in KKP's other readers; it also bounds the digits that int() has to read.
    _finite_float(text)
    return int(text)


def _refuse_literal(text: str) -> NoReturn:
    raise StrictJsonError("NaN or Infinity")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_members,
    parse_float=_finite_float,
    parse_int=_finite_int,
    parse_constant=_refuse_literal,
)
