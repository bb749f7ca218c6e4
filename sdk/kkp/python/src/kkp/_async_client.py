"""The asyncio client."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, overload

import httpx

from . import _batch_operations as batches
from . import _oauth_operations as oauth
from . import _operations as operations
from ._calls import Calls
from ._credentials import AsyncCredentials
from ._dpop_key import DpopKey
from ._errors import KkpApiError
from ._http import DEFAULT_TIMEOUT_SECONDS, send_async
from ._http_owner import AsyncHttpOwner
from ._requests import (
    DataKeyRequest,
    DecryptOptions,
    DecryptRequest,
    EncryptOptions,
    EncryptRequest,
    ExchangeTokenOptions,
    GrantTokenRequest,
    IssueTokenRequest,
    RewrapOptions,
    RewrapRequest,
)
from ._streams import OpenDataKeyAsync
from ._types import (
    DataKey,
    Decrypted,
    Encoding,
    Encrypted,
    Envelope,
    ExchangedToken,
    GrantedToken,
    Introspection,
    IssuedToken,
    JwkSet,
    Revoked,
    RotatedKey,
)
from ._typing import Unpack


class AsyncClient(AsyncHttpOwner):
    """`Client` for asyncio: the same calls, awaited. Close it with `aclose`, or use it in `async with`.

    Functions for `credentials` may be async.
    Cancelling a call closes its connection; whether KKP still carried it out is then unknown.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        http_client: httpx.AsyncClient | None = None,
        credentials: AsyncCredentials | None = None,
        dpop_key: DpopKey | None = None,
    ) -> None:
        self._calls = Calls(base_url, timeout, http_client, credentials, dpop_key)
        super().__init__(http_client)

    async def issue_token(
        self, *, timeout: float | None = None, **request: Unpack[IssueTokenRequest]
    ) -> IssuedToken:
        """Get a token for one key of one backend."""
        return await self._call(operations.issue_token(self._calls.possession, **request), timeout)

    async def grant_token(
        self, *, timeout: float | None = None, **request: Unpack[GrantTokenRequest]
    ) -> GrantedToken:
        """Get a token for the caller itself, as OAuth has it (`client_credentials`, RFC 6749 section 4.4).

        It is bound to the client's `dpop_key`, or else to its certificate.
        """
        return await self._call(oauth.grant_token(self._calls.possession, **request), timeout)

    async def exchange_token(
        self, subject_token: str, *, timeout: float | None = None, **options: Unpack[ExchangeTokenOptions]
    ) -> ExchangedToken:
        """Get a token in exchange for another (RFC 8693), bound as one of `grant_token`.

        `subject_token` is a KKP token, of which less can be made, or a JWT of an issuer that KKP knows.
        Whoever `credentials` names will act for its subject.
        """
        operation = oauth.exchange_token(self._calls.possession, subject_token, **options)
        return await self._call(operation, timeout)

    async def encrypt(
        self,
        plaintext: str | bytes,
        *,
        timeout: float | None = None,
        **options: Unpack[EncryptOptions],
    ) -> Encrypted:
        """Seal text or bytes."""
        return await self._call(operations.encrypt(plaintext, **options), timeout)

    @overload
    async def decrypt(
        self,
        token: str,
        envelope: Envelope | Mapping[str, Any],
        *,
        encoding: Literal["utf8"] = "utf8",
        timeout: float | None = None,
        **options: Unpack[DecryptOptions],
    ) -> Decrypted[str]: ...

    @overload
    async def decrypt(
        self,
        token: str,
        envelope: Envelope | Mapping[str, Any],
        *,
        encoding: Literal["base64"],
        timeout: float | None = None,
        **options: Unpack[DecryptOptions],
    ) -> Decrypted[bytes]: ...

    async def decrypt(
        self,
        token: str,
        envelope: Envelope | Mapping[str, Any],
        *,
        encoding: Encoding = "utf8",
        timeout: float | None = None,
        **options: Unpack[DecryptOptions],
    ) -> Decrypted[str] | Decrypted[bytes]:
        """Open an envelope under a token: as `str`, or with `encoding="base64"` as `bytes`."""
        return await self._call(operations.decrypt(token, envelope, encoding=encoding, **options), timeout)

    async def rewrap(
        self,
        envelope: Envelope | Mapping[str, Any],
        *,
        timeout: float | None = None,
        **options: Unpack[RewrapOptions],
    ) -> Encrypted:
        """Move an envelope to its key's current version, or to another key, inside KKP.

        The plaintext does not leave KKP.
        """
        return await self._call(operations.rewrap(envelope, **options), timeout)

    async def create_data_key(
        self, *, timeout: float | None = None, **request: Unpack[DataKeyRequest]
    ) -> DataKey:
        """Get a fresh key to encrypt with here, as `encrypt_stream` does, and the envelope that holds it."""
        return await self._call(operations.create_data_key(**request), timeout)

    async def create_wrapped_data_key(
        self, *, timeout: float | None = None, **request: Unpack[DataKeyRequest]
    ) -> Encrypted:
        """Get the envelope of a fresh data key alone, for someone else to open."""
        return await self._call(operations.create_wrapped_data_key(**request), timeout)

    def data_key_opener(
        self, token: str, *, timeout: float | None = None, **options: Unpack[DecryptOptions]
    ) -> OpenDataKeyAsync:
        """Return what `decrypt_stream_async` opens data keys with: `decrypt` under this token."""

        async def open_data_key(envelope: Envelope) -> bytes:
            opened = await self.decrypt(token, envelope, encoding="base64", timeout=timeout, **options)
            return opened.plaintext

        return open_data_key

    async def encrypt_batch(
        self, requests: Iterable[EncryptRequest], *, timeout: float | None = None
    ) -> list[Encrypted | KkpApiError]:
        """Seal 1 to 100 messages in one call. Each request is a dictionary of `encrypt`'s arguments.

        One that fails has its error in its place, and does not touch the others.
        """
        return await self._call(batches.encrypt_batch(requests), timeout)

    async def decrypt_batch(
        self, requests: Iterable[DecryptRequest], *, timeout: float | None = None
    ) -> list[Decrypted[str] | Decrypted[bytes] | KkpApiError]:
        """As `encrypt_batch`, for `decrypt`."""
        return await self._call(batches.decrypt_batch(requests), timeout)

    async def rewrap_batch(
        self, requests: Iterable[RewrapRequest], *, timeout: float | None = None
    ) -> list[Encrypted | KkpApiError]:
        """As `encrypt_batch`, for `rewrap`."""
        return await self._call(batches.rewrap_batch(requests), timeout)

    async def create_data_key_batch(
        self, requests: Iterable[DataKeyRequest], *, timeout: float | None = None
    ) -> list[DataKey | KkpApiError]:
        """As `encrypt_batch`, for `create_data_key`."""
        return await self._call(batches.create_data_key_batch(requests), timeout)

    async def fetch_jwks(self, *, timeout: float | None = None) -> JwkSet:
        """Get the public keys that verify KKP's tokens. `RemoteJwks` does this with a cache."""
        return await self._call(operations.fetch_jwks(), timeout)

    async def rotate(self, *, timeout: float | None = None) -> RotatedKey:
        """Make the next signing key sign from now on; tokens signed before stay valid."""
        return await self._call(operations.rotate(), timeout)

    @overload
    async def revoke(self, *, jti: str, timeout: float | None = None) -> Revoked: ...

    @overload
    async def revoke(self, *, subject: str, timeout: float | None = None) -> Revoked: ...

    @overload
    async def revoke(self, *, backend: str, key_id: str, timeout: float | None = None) -> Revoked: ...

    @overload
    async def revoke(self, *, kid: str, timeout: float | None = None) -> Revoked: ...

    @overload
    async def revoke(self, *, before: int, timeout: float | None = None) -> Revoked: ...

    async def revoke(self, *, timeout: float | None = None, **rule: str | int | None) -> Revoked:
        """Take tokens back, by exactly one rule.

        `jti`: one token. `subject`, or `backend` with `key_id`: those issued until now. `kid`: what a signing
        key has signed. `before`: all issued before this time, in Unix seconds.
        """
        return await self._call(operations.revoke(**rule), timeout)

    async def revoke_token(self, token: str, *, timeout: float | None = None) -> None:
        """Take one token back, which its subject may do without a right to take others back (RFC 7009).

        One that is good for nothing is no error.
        """
        return await self._call(oauth.revoke_token(token), timeout)

    async def introspect(self, token: str, *, timeout: float | None = None) -> Introspection:
        """Ask whether a token is good, and what it says. `verify_token` finds out offline."""
        return await self._call(operations.introspect(token), timeout)

    async def _call(
        self, operation: operations.Operation[operations.Result], timeout: float | None
    ) -> operations.Result:
        seconds = self._calls.seconds(timeout)
        credential = self._calls.credential_for(operation)
        caller = {} if credential is None else await credential.get_async()
        # Last, so that a proof is as young as can be.
        return operation.result(
            await send_async(self._http, self._calls.exchange(operation, seconds, caller))
        )
