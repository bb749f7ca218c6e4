"""How a request shows its token: in its body or in a header, with a proof where it is bound to a key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from . import _base64url, _json
from ._credentials import BEARER_TOKEN
from ._dpop_key import DpopKey
from ._types import Confirmation


@dataclass(frozen=True)
class Tokens:
    """The tokens of a request: `own`, of the whole of it, or those in the items of its body.

    `fits_body` says whether the body has a member for the token, so that the header can be left to others.
    """

    own: str | None = field(default=None, repr=False)
    fits_body: bool = False
    of_items: frozenset[str] = field(default=frozenset(), repr=False)


class Possession:
    """Shows tokens for one client. `header_is_free` tells whether nothing else goes into `Authorization`."""

    def __init__(self, key: DpopKey | None, header_is_free: bool) -> None:
        if key is not None and not isinstance(key, DpopKey):
            raise TypeError("dpop_key must be a DpopKey")
        self._key = key
        self._header_is_free = header_is_free

    def binding(
        self, cnf: Confirmation | Mapping[str, str] | None
    ) -> Confirmation | Mapping[str, str] | None:
        """Return what a token is to be bound to: our key, if nothing else is asked for and there is one."""
        return {"jkt": self._key.thumbprint} if cnf is None and self._key is not None else cnf

    @property
    def token_type(self) -> Literal["Bearer", "DPoP"]:
        """What a token is that OAuth gives to this client (RFC 9449 section 5)."""
        return "Bearer" if self._key is None else "DPoP"

    def ask(self, subject_token: str | None, method: str, url: str) -> dict[str, str]:
        """Return the headers of a request for a token, which is to be bound to our key, if there is one.

        `subject_token` is what it is to be made from; where that is bound to our key, the proof is for it.
        """
        if self._key is None:
            return {}
        is_bound = subject_token is not None and _bound_to(subject_token) == self._key.thumbprint
        return {"DPoP": self._key.proof(method, url, subject_token if is_bound else None)}

    def show(self, tokens: Tokens, method: str, url: str) -> tuple[dict[str, str], dict[str, str]]:
        """Return the members of the body and the headers that show the tokens.

        Raises ValueError for tokens that cannot be shown together, or not in a header.
        """
        shown = tokens.of_items if tokens.own is None else frozenset({tokens.own})
        proof = self._prove(shown, method, url)
        if tokens.own is None:
            return {}, proof
        if tokens.fits_body and not (proof and self._header_is_free):
            return {"token": tokens.own}, proof
        if not self._header_is_free:
            raise ValueError("the token needs the header Authorization, where a credential of the client is")
        if not isinstance(tokens.own, str) or not BEARER_TOKEN.fullmatch(tokens.own):
            raise ValueError("the token has a character that the header Authorization does not allow")
        return {}, {**proof, "Authorization": f"{'DPoP' if proof else 'Bearer'} {tokens.own}"}

    def _prove(self, shown: frozenset[str], method: str, url: str) -> dict[str, str]:
        if self._key is None:
            return {}
        thumbprint = self._key.thumbprint
        bound = [token for token in shown if _bound_to(token) == thumbprint]
        if not bound:
            return {}
        # A proof is for one token, and KKP refuses what is bound to no key beside it.
        if len(shown) > 1:
            raise ValueError("a batch that shows a bound token must not show another token")
        return {"DPoP": self._key.proof(method, url, bound[0])}


def _bound_to(token: str) -> str | None:
    """Return what a token says it is bound to. Unverified: it decides what to send, and KKP judges that."""
    try:
        claims = _json.read_object(_base64url.decode(token.split(".")[1]))
    except (AttributeError, IndexError, ValueError):
        return None
    cnf = claims.get("cnf")
    thumbprint: Any = cnf.get("jkt") if isinstance(cnf, Mapping) else None
    return thumbprint if isinstance(thumbprint, str) else None
