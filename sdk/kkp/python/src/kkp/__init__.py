"""KKP, the Keyless KMS Proxy: client and offline token verifier."""

from ._async_client import AsyncClient
from ._client import Client
from ._errors import (
    EnvelopeError,
    InternalError,
    InvalidRequest,
    InvalidToken,
    KeySetError,
    KeysUnavailableError,
    KkpApiError,
    KkpConnectionError,
    KkpError,
    KkpProtocolError,
    KkpTimeoutError,
    KmsError,
    MethodNotAllowed,
    NotFound,
    PolicyDenied,
    RateLimited,
    TokenVerificationError,
    VerificationReason,
)
from ._keys import ImportedKeys, import_jwks
from ._remote_jwks import AsyncRemoteJwks, RemoteJwks
from ._types import Claims, Decrypted, Encoding, Encrypted, Envelope, IssuedToken, Jwk, JwkSet, RotatedKey
from ._verify import verify_token, verify_token_async
from ._version import __version__

__all__ = [
    "AsyncClient",
    "AsyncRemoteJwks",
    "Claims",
    "Client",
    "Decrypted",
    "Encoding",
    "Encrypted",
    "Envelope",
    "EnvelopeError",
    "ImportedKeys",
    "InternalError",
    "InvalidRequest",
    "InvalidToken",
    "IssuedToken",
    "Jwk",
    "JwkSet",
    "KeySetError",
    "KeysUnavailableError",
    "KkpApiError",
    "KkpConnectionError",
    "KkpError",
    "KkpProtocolError",
    "KkpTimeoutError",
    "KmsError",
    "MethodNotAllowed",
    "NotFound",
    "PolicyDenied",
    "RateLimited",
    "RemoteJwks",
    "RotatedKey",
    "TokenVerificationError",
    "VerificationReason",
    "__version__",
    "import_jwks",
    "verify_token",
    "verify_token_async",
]
