"""The blocking client."""

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, overload

import httpx

from . import _batch_operations as batches
from . import _operations as operations
from ._credentials import CredentialHeader, Credentials, leaves_authorization_free
from ._dpop_key import DpopKey
from ._errors import KkpApiError
from ._http import DEFAULT_TIMEOUT_SECONDS, check_timeout, check_url, send
from ._possession import Possession
from ._requests import DataKeyLength, DataKeyRequest, DecryptRequest, EncryptRequest, RewrapRequest
from ._streams import OpenDataKey
from ._types import (
    Confirmation,
    DataKey,
    Decrypted,
    Encoding,
    Encrypted,
    Envelope,
    Introspection,
    IssuedToken,
    JwkSet,
    Revoked,
    RotatedKey,
    TokenUse,
)


class Client:
    """Calls a KKP server at `base_url`; safe to share between threads. Close it, or use it in a `with` block.

    `timeout`, here and per call, is in seconds, for each of: connecting, sending, waiting, the answer's body.
    `http_client`, for a proxy, client certificates or headers of your own, is used as it is and not closed.
    Redirects are never followed and nothing is sent twice.

    `credentials` says who calls: a bearer token, or `ApiKey(...)`, or a function that gives the text and is
    asked anew for each call. It goes to `base_url` and nowhere else, and not with the fetch of public keys.

    With `dpop_key`, tokens are bound to that key, and each request that shows one proves that it is held.

    Every call raises KkpApiError (a subclass by its code, as PolicyDenied), CredentialsError,
    KkpConnectionError, KkpTimeoutError or KkpProtocolError; and TypeError or ValueError for arguments that
    JSON cannot carry.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        http_client: httpx.Client | None = None,
        credentials: Credentials | None = None,
        dpop_key: DpopKey | None = None,
    ) -> None:
        self._base_url = check_url(base_url).rstrip("/")
        self._timeout = check_timeout(timeout)
        self._credential = None if credentials is None else CredentialHeader(credentials, http_client)
        if dpop_key is not None and http_client is not None and "DPoP" in http_client.headers:
            raise ValueError("http_client must have no proof when the argument dpop_key is there")
        header_is_free = leaves_authorization_free(self._credential, http_client)
        self._possession = Possession(dpop_key, header_is_free)
        self._owns_http = http_client is None
        self._http = httpx.Client() if http_client is None else http_client

    def issue_token(
        self,
        *,
        subject: str,
        audience: str,
        backend: str,
        key_id: str,
        ttl_seconds: int | None = None,
        policy_claims: Mapping[str, Any] | None = None,
        request_context: Mapping[str, Any] | None = None,
        ops: Sequence[TokenUse] | None = None,
        not_before: int | None = None,
        cnf: Confirmation | Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> IssuedToken:
        """Get a token for one key of one backend. KKP's configuration decides the lifetime if you do not.

        `ops` says what the token is for: to decrypt and to rewrap if you do not. Nobody accepts it before
        `not_before`, in Unix seconds. It is bound to what `cnf` names, or else to the client's `dpop_key`.
        """
        return self._call(
            operations.issue_token(
                subject,
                audience,
                backend,
                key_id,
                ttl_seconds,
                policy_claims,
                request_context,
                ops,
                not_before,
                self._possession.binding(cnf),
            ),
            timeout,
        )

    def encrypt(
        self,
        plaintext: str | bytes,
        *,
        backend: str,
        key_id: str,
        associated_data: str | None = None,
        policy_context: Mapping[str, Any] | None = None,
        token: str | None = None,
        timeout: float | None = None,
    ) -> Encrypted:
        """Seal text or bytes. `associated_data` stays readable in the envelope, and protected there.

        `token`, with `encrypt` among its `ops`, stands in for a caller.
        """
        return self._call(
            operations.encrypt(plaintext, backend, key_id, associated_data, policy_context, token), timeout
        )

    @overload
    def decrypt(
        self,
        token: str,
        envelope: Envelope | Mapping[str, Any],
        *,
        expected_audience: str | None = None,
        context: Mapping[str, Any] | None = None,
        encoding: Literal["utf8"] = "utf8",
        timeout: float | None = None,
    ) -> Decrypted[str]: ...

    @overload
    def decrypt(
        self,
        token: str,
        envelope: Envelope | Mapping[str, Any],
        *,
        expected_audience: str | None = None,
        context: Mapping[str, Any] | None = None,
        encoding: Literal["base64"],
        timeout: float | None = None,
    ) -> Decrypted[bytes]: ...

    def decrypt(
        self,
        token: str,
        envelope: Envelope | Mapping[str, Any],
        *,
        expected_audience: str | None = None,
        context: Mapping[str, Any] | None = None,
        encoding: Encoding = "utf8",
        timeout: float | None = None,
    ) -> Decrypted[str] | Decrypted[bytes]:
        """Open an envelope under a token: as `str`, or with `encoding="base64"` as `bytes`."""
        return self._call(operations.decrypt(token, envelope, expected_audience, context, encoding), timeout)

    def rewrap(
        self,
        envelope: Envelope | Mapping[str, Any],
        *,
        token: str | None = None,
        expected_audience: str | None = None,
        backend: str | None = None,
        key_id: str | None = None,
        context: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Encrypted:
        """Move an envelope to its key's current version, or to another key, inside KKP.

        `key_id` alone names another key of the same backend. The plaintext does not leave KKP.
        """
        return self._call(
            operations.rewrap(envelope, token, expected_audience, backend, key_id, context), timeout
        )

    def create_data_key(
        self,
        *,
        backend: str,
        key_id: str,
        length: DataKeyLength = 32,
        associated_data: str | None = None,
        policy_context: Mapping[str, Any] | None = None,
        token: str | None = None,
        timeout: float | None = None,
    ) -> DataKey:
        """Get a fresh key to encrypt with here, as `encrypt_stream` does, and the envelope that holds it.

        `token`, with `data_key` among its `ops`, stands in for a caller.
        """
        return self._call(
            operations.create_data_key(backend, key_id, length, associated_data, policy_context, token),
            timeout,
        )

    def create_wrapped_data_key(
        self,
        *,
        backend: str,
        key_id: str,
        length: DataKeyLength = 32,
        associated_data: str | None = None,
        policy_context: Mapping[str, Any] | None = None,
        token: str | None = None,
        timeout: float | None = None,
    ) -> Encrypted:
        """Get the envelope of a fresh data key alone, for someone else to open."""
        return self._call(
            operations.create_wrapped_data_key(
                backend, key_id, length, associated_data, policy_context, token
            ),
            timeout,
        )

    def data_key_opener(
        self,
        token: str,
        *,
        expected_audience: str | None = None,
        context: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> OpenDataKey:
        """Return what `decrypt_stream` opens data keys with: `decrypt` under this token."""

        def open_data_key(envelope: Envelope) -> bytes:
            opened = self.decrypt(
                token,
                envelope,
                expected_audience=expected_audience,
                context=context,
                encoding="base64",
                timeout=timeout,
            )
            return opened.plaintext

        return open_data_key

    def encrypt_batch(
        self, requests: Iterable[EncryptRequest], *, timeout: float | None = None
    ) -> list[Encrypted | KkpApiError]:
        """Seal 1 to 100 messages in one call. Each request is a dictionary of `encrypt`'s arguments.

        One that fails has its error in its place, and does not touch the others.
        """
        return self._call(batches.encrypt_batch(requests), timeout)

    def decrypt_batch(
        self, requests: Iterable[DecryptRequest], *, timeout: float | None = None
    ) -> list[Decrypted[str] | Decrypted[bytes] | KkpApiError]:
        """As `encrypt_batch`, for `decrypt`."""
        return self._call(batches.decrypt_batch(requests), timeout)

    def rewrap_batch(
        self, requests: Iterable[RewrapRequest], *, timeout: float | None = None
    ) -> list[Encrypted | KkpApiError]:
        """As `encrypt_batch`, for `rewrap`."""
        return self._call(batches.rewrap_batch(requests), timeout)

    def create_data_key_batch(
        self, requests: Iterable[DataKeyRequest], *, timeout: float | None = None
    ) -> list[DataKey | KkpApiError]:
        """As `encrypt_batch`, for `create_data_key`."""
        return self._call(batches.create_data_key_batch(requests), timeout)

    def fetch_jwks(self, *, timeout: float | None = None) -> JwkSet:
        """Get the public keys that verify KKP's tokens. `RemoteJwks` does this with a cache."""
        return self._call(operations.fetch_jwks(), timeout)

    def rotate(self, *, timeout: float | None = None) -> RotatedKey:
        """Make the next signing key sign from now on; tokens signed before stay valid."""
        return self._call(operations.rotate(), timeout)

    @overload
    def revoke(self, *, jti: str, timeout: float | None = None) -> Revoked: ...

    @overload
    def revoke(self, *, subject: str, timeout: float | None = None) -> Revoked: ...

    @overload
    def revoke(self, *, backend: str, key_id: str, timeout: float | None = None) -> Revoked: ...

    @overload
    def revoke(self, *, kid: str, timeout: float | None = None) -> Revoked: ...

    @overload
    def revoke(self, *, before: int, timeout: float | None = None) -> Revoked: ...

    def revoke(
        self,
        *,
        jti: str | None = None,
        subject: str | None = None,
        backend: str | None = None,
        key_id: str | None = None,
        kid: str | None = None,
        before: int | None = None,
        timeout: float | None = None,
    ) -> Revoked:
        """Take tokens back, by exactly one rule.

        `jti`: one token. `subject`, or `backend` with `key_id`: those issued until now. `kid`: what a signing
        key has signed. `before`: all issued before this time, in Unix seconds.
        """
        return self._call(operations.revoke(jti, subject, backend, key_id, kid, before), timeout)

    def introspect(self, token: str, *, timeout: float | None = None) -> Introspection:
        """Ask whether a token is good, and what it says. `verify_token` finds out offline."""
        return self._call(operations.introspect(token), timeout)

    def close(self) -> None:
        """Close the connections, unless they are those of your own `http_client`."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(
        self, operation: operations.Operation[operations.Result], timeout: float | None
    ) -> operations.Result:
        seconds = self._timeout if timeout is None else check_timeout(timeout)
        caller: Mapping[str, str] = {}
        if self._credential is not None and operation.needs_caller:
            caller = self._credential.get()
        # Last, so that a proof is as young as can be.
        exchange = operation.exchange(self._base_url, seconds, self._possession, caller)
        return operation.result(send(self._http, exchange))
