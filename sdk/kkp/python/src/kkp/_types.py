"""What the SDK returns: dictionaries for documents that travel as JSON, dataclasses for the rest."""

from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypedDict, TypeVar, get_args

Encoding = Literal["utf8", "base64"]
"""How a plaintext is asked for: text, or bytes (base64url on the wire)."""

TokenUse = Literal["decrypt", "encrypt", "rewrap", "data_key"]
"""What a token can be used for."""

TOKEN_USES: tuple[TokenUse, ...] = get_args(TokenUse)

TokenType = Literal["JWT", "at+jwt"]
"""`typ` of a token's header; "at+jwt" is that of RFC 9068."""

Confirmation = TypedDict("Confirmation", {"jkt": str, "x5t#S256": str}, total=False)
"""What a token is bound to: a DPoP key (its RFC 7638 thumbprint) or a client certificate; exactly one."""

SubjectTokenType = Literal[
    "urn:ietf:params:oauth:token-type:access_token", "urn:ietf:params:oauth:token-type:jwt"
]
"""What a token is that is exchanged (RFC 8693 section 3). A KKP token is either."""

ACCESS_TOKEN: SubjectTokenType = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105

Plaintext = TypeVar("Plaintext", str, bytes)


class _EnvelopeMembers(TypedDict):
    backend: str
    key_id: str
    ciphertext: str
    nonce: str
    encrypted_data_key: str


class Envelope(_EnvelopeMembers, total=False):
    """What `decrypt` takes: store it as JSON, hand it back unchanged."""

    associated_data: str


class Jwk(TypedDict):
    """A public signing key (RFC 8037)."""

    kty: str
    crv: str
    kid: str
    x: str
    alg: str
    use: str


class JwkSet(TypedDict):
    """KKP's public signing keys (RFC 7517 section 5)."""

    keys: list[Jwk]


@dataclass(frozen=True)
class IssuedToken:
    """A fresh token. `expires_at` is in Unix seconds; `kid` names the key that signed it."""

    token: str = field(repr=False)
    expires_at: int
    kid: str


@dataclass(frozen=True)
class GrantedToken:
    """A fresh token as OAuth gives it, and the key that it is for.

    `token_type` is `DPoP` where it is bound to the client's `dpop_key`; one that is bound to a certificate is
    `Bearer`. `expires_in` is in seconds. `ops` of None: to decrypt and to rewrap.
    """

    access_token: str = field(repr=False)
    token_type: Literal["Bearer", "DPoP"]
    expires_in: int
    backend: str
    key_id: str
    policy_claims: dict[str, Any]
    ops: tuple[TokenUse, ...] | None


@dataclass(frozen=True)
class ExchangedToken(GrantedToken):
    """A fresh token that was made from another one."""

    issued_token_type: SubjectTokenType


@dataclass(frozen=True)
class Claims:
    """What a token says. `exp` and `iat` are in Unix seconds; `extra` holds claims beyond KKP's own eight."""

    sub: str
    aud: str
    backend: str
    key_id: str
    policy_claims: dict[str, Any]
    exp: int
    iat: int
    jti: str
    extra: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the claims as they stand in the token."""
        own = {name: getattr(self, name) for name in CLAIM_NAMES}
        return {**own, **self.extra}


CLAIM_NAMES = ("sub", "aud", "backend", "key_id", "policy_claims", "exp", "iat", "jti")


@dataclass(frozen=True)
class Encrypted:
    """A sealed message."""

    envelope: Envelope


@dataclass(frozen=True)
class Decrypted(Generic[Plaintext]):
    """An opened envelope and the claims of the token that opened it."""

    plaintext: Plaintext = field(repr=False)
    claims: Claims


@dataclass(frozen=True)
class RotatedKey:
    """The key that signs from now on. `expires_at` is in Unix seconds."""

    kid: str
    expires_at: int


@dataclass(frozen=True)
class Revoked:
    """What was taken back: the rule as it holds now, and until when it is kept, in Unix seconds."""

    rule: dict[str, Any]
    expires_at: int


@dataclass(frozen=True)
class Introspection:
    """What KKP says of a token (RFC 7662): true where it is active, and only then with its claims."""

    active: bool
    claims: Claims | None = None

    def __bool__(self) -> bool:
        return self.active


@dataclass(frozen=True)
class DataKey:
    """A key to encrypt with here, and the envelope that holds it. Store the envelope, never the plaintext."""

    envelope: Envelope
    plaintext: bytearray = field(repr=False)

    def erase(self) -> None:
        """Overwrite the key. Copies that Python made on the way, as in the answer, stay until reused."""
        self.plaintext[:] = bytes(len(self.plaintext))
