"""Members of answers, each of its form. All raise KkpProtocolError for one that is missing or not."""

from . import _base64url, _json
from ._claims import as_time, claims_of
from ._errors import KkpProtocolError
from ._types import Claims


def text(members: _json.JsonObject, name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or value == "":
        raise wrong_member(name)
    return value


def time(members: _json.JsonObject, name: str) -> int:
    """Return seconds, or Unix seconds."""
    value = as_time(members.get(name))
    if value is None:
        raise wrong_member(name)
    return value


def binary(members: _json.JsonObject, name: str, least: int) -> bytes:
    value = members.get(name)
    try:
        data = _base64url.decode(value) if isinstance(value, str) else None
    except ValueError:
        data = None
    if data is None or len(data) < least:
        raise wrong_member(name)
    return data


def claims(members: _json.JsonObject) -> Claims:
    value = members.get("claims")
    typed = claims_of(value) if isinstance(value, dict) else None
    if typed is None:
        raise wrong_member("claims")
    return typed


def wrong_member(name: str) -> KkpProtocolError:
    return KkpProtocolError(f"The answer's member {name} is missing or not of its form.")
