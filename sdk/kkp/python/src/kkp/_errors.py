"""Every exception KKP's SDK raises on purpose.

* KkpError
  - KkpApiError: KKP answered with an error
    + InvalidRequest, EnvelopeError, KmsError, Unauthenticated, InvalidToken, InvalidDpopProof,
      InvalidGrant, InvalidTarget, InvalidScope, InvalidAuthorizationDetails, UnsupportedGrantType,
      PolicyDenied, NotFound, MethodNotAllowed, RateLimited, InternalError
  - CredentialsError: there is no credential to send
  - KkpConnectionError: no answer came
  - KkpTimeoutError: no answer came in time
  - KkpProtocolError: an answer came that is not KKP's
  - KeySetError: a key set holds a key that must not be trusted
  - KeysUnavailableError: a remote key set has no usable keys
  - TokenVerificationError: a token is refused
  - RevocationsError: a list of revocations must not be relied on
  - RevocationsUnavailableError: there is no list of revocations to rely on
  - StreamError: a sealed stream does not open

A wrong argument is the caller's mistake and raises TypeError or ValueError.
No message and no repr holds a token or a plaintext.
"""

from typing import Literal

VerificationReason = Literal[
    "malformed",
    "unsupported_header",
    "unknown_key",
    "bad_signature",
    "bad_claims",
    "not_yet_valid",
    "lifetime_exceeded",
    "expired",
    "wrong_issuer",
    "wrong_audience",
    "revoked",
]

_REASON_TEXT: dict[VerificationReason, str] = {
    "malformed": "The token is not a well-formed compact JWT.",
    "unsupported_header": "The token header is not exactly alg EdDSA, the typ asked for and a kid.",
    "unknown_key": "The token names a key that is not in the key set.",
    "bad_signature": "The token signature does not verify.",
    "bad_claims": "The token claims are not those of a KKP token.",
    "not_yet_valid": "The token was issued in the future, or is for later.",
    "lifetime_exceeded": "The token lifetime is longer than allowed, or not positive.",
    "expired": "The token has expired.",
    "wrong_issuer": "The token was issued by another issuer, or by one that it does not name.",
    "wrong_audience": "The token was issued for another audience.",
    "revoked": "The token has been revoked.",
}

RevocationsReason = Literal[
    "malformed",
    "unsupported_header",
    "unknown_key",
    "bad_signature",
    "bad_claims",
    "not_yet_valid",
    "lifetime_exceeded",
    "expired",
    "wrong_issuer",
    "revoked_key",
    "outdated",
]

_REVOCATIONS_TEXT: dict[RevocationsReason, str] = {
    "malformed": "The list of revocations is not a well-formed compact JWT.",
    "unsupported_header": "The header of the list of revocations is not exactly that of one.",
    "unknown_key": "The list of revocations names a key that is not in the key set.",
    "bad_signature": "The signature of the list of revocations does not verify.",
    "bad_claims": "The list of revocations has a member or a rule that is missing, or not of a known form.",
    "not_yet_valid": "The list of revocations was issued in the future.",
    "lifetime_exceeded": "The lifetime of the list of revocations is longer than allowed, or not positive.",
    "expired": "The list of revocations has expired.",
    "wrong_issuer": "The list of revocations is of another issuer.",
    "revoked_key": "The list of revocations is signed by a key that an earlier list revoked.",
    "outdated": "The list of revocations is older than one that came before it.",
}

StreamReason = Literal["unsupported_version", "bad_header", "not_authentic"]

_STREAM_TEXT: dict[StreamReason, str] = {
    "unsupported_version": "The sealed stream has a version that this SDK does not know.",
    "bad_header": (
        "This is not a sealed stream, its header was changed or cut, or its envelope holds no data key."
    ),
    "not_authentic": (
        "The sealed stream was changed or cut, or belongs to another data key or other associated data."
    ),
}


class KkpError(Exception):
    """Base class of everything below."""


class KkpApiError(KkpError):
    """KKP answered with an error.

    `status` is the HTTP status, `code` KKP's stable error code (`error` on the wire; where OAuth has another
    word, as `access_denied`, KKP's own, as `policy_denied`), `message` its text, `instance` the request's id
    for KKP's operators, if sent, `retry_after` the seconds of `Retry-After`, if sent.
    An error code this SDK does not know raises this class itself.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        instance: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(status, code, message, instance, retry_after)
        self.status = status
        self.code = code
        self.message = message
        self.instance = instance
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code} ({self.status}): {self.message}"


class InvalidRequest(KkpApiError):
    """`invalid_request`: KKP does not accept the form of the request."""


class EnvelopeError(KkpApiError):
    """`envelope_error`: the envelope does not open; KKP does not say why."""


class KmsError(KkpApiError):
    """`kms_error`: unknown backend or key, or the provider failed (then the status is 429, 502 or 503)."""


class Unauthenticated(KkpApiError):
    """`unauthenticated`: KKP does not take the client's credential for that of a caller, or wants one."""


class InvalidToken(KkpApiError):
    """`invalid_token`: KKP refused the token."""


class InvalidDpopProof(KkpApiError):
    """`invalid_dpop_proof`: the proof of possession is late, used before, or not for this request."""


class InvalidGrant(KkpApiError):
    """`invalid_grant`: KKP does not exchange the token, for it is not good, or not for this caller."""


class InvalidTarget(KkpApiError):
    """`invalid_target`: there are no tokens for this audience."""


class InvalidScope(KkpApiError):
    """`invalid_scope`: the operations are unknown, or more than the token is for."""


class InvalidAuthorizationDetails(KkpApiError):
    """`invalid_authorization_details`: the key is unknown, or another one than that of the token."""


class UnsupportedGrantType(KkpApiError):
    """`unsupported_grant_type`: this KKP does not know the grant."""


class PolicyDenied(KkpApiError):
    """`policy_denied`: the policy said no, or the token does not fit the envelope or the audience."""


class NotFound(KkpApiError):
    """`not_found`: no such route."""


class MethodNotAllowed(KkpApiError):
    """`method_not_allowed`: the route exists, for another method."""


class RateLimited(KkpApiError):
    """`rate_limited`: try again after `retry_after` seconds."""


class InternalError(KkpApiError):
    """`internal_error`: a fault of KKP."""


API_ERRORS: dict[str, type[KkpApiError]] = {
    "invalid_request": InvalidRequest,
    "envelope_error": EnvelopeError,
    "kms_error": KmsError,
    "unauthenticated": Unauthenticated,
    "invalid_token": InvalidToken,
    "invalid_dpop_proof": InvalidDpopProof,
    "invalid_grant": InvalidGrant,
    "invalid_target": InvalidTarget,
    "invalid_scope": InvalidScope,
    "invalid_authorization_details": InvalidAuthorizationDetails,
    "unsupported_grant_type": UnsupportedGrantType,
    "policy_denied": PolicyDenied,
    "not_found": NotFound,
    "method_not_allowed": MethodNotAllowed,
    "rate_limited": RateLimited,
    "internal_error": InternalError,
}


class CredentialsError(KkpError):
    """Nothing was sent: the function `credentials` failed (`__cause__`), or gave what no header can hold."""


class KkpConnectionError(KkpError):
    """KKP could not be reached, or the connection broke before the answer was whole."""


class KkpTimeoutError(KkpError):
    """The answer was not whole in time. Whether KKP carried the request out is unknown."""


class KkpProtocolError(KkpError):
    """The answer is not one of KKP's: another status, shape or size. `status` is its HTTP status."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message, status)
        self.message = message
        self.status = status

    def __str__(self) -> str:
        return self.message if self.status is None else f"{self.message} (HTTP status {self.status})"


class KeySetError(KkpError):
    """A JWK Set is malformed, or one of its Ed25519 keys must not be trusted."""


class KeysUnavailableError(KkpError):
    """A remote key set has no usable keys, or too old ones. `__cause__` says why the last fetch failed."""


class TokenVerificationError(KkpError):
    """A token is refused; `reason` is the first check that failed."""

    def __init__(self, reason: VerificationReason) -> None:
        super().__init__(reason)
        self.reason: VerificationReason = reason

    def __str__(self) -> str:
        return _REASON_TEXT[self.reason]


class RevocationsError(KkpError):
    """A list of revocations must not be relied on; `reason` is the first check that failed."""

    def __init__(self, reason: RevocationsReason) -> None:
        super().__init__(reason)
        self.reason: RevocationsReason = reason

    def __str__(self) -> str:
        return _REVOCATIONS_TEXT[self.reason]


class RevocationsUnavailableError(KkpError):
    """No list of revocations can be relied on, so no token is good.

    `__cause__` says why the last fetch failed.
    """


class StreamError(KkpError):
    """A sealed stream does not open. What came out of it before is a genuine beginning, and not the whole."""

    def __init__(self, reason: StreamReason) -> None:
        super().__init__(reason)
        self.reason: StreamReason = reason

    def __str__(self) -> str:
        return _STREAM_TEXT[self.reason]
