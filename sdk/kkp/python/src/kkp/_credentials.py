"""What a client shows of its caller: a bearer token or an API key, in one header."""

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import httpx

from ._errors import CredentialsError

Secret: TypeAlias = str | Callable[[], str]
AsyncSecret: TypeAlias = str | Callable[[], str | Awaitable[str]]


@dataclass(frozen=True)
class ApiKey:
    """An API key of KKP, or the function that gives it."""

    secret: AsyncSecret = field(repr=False)


Credentials: TypeAlias = Secret | ApiKey
AsyncCredentials: TypeAlias = AsyncSecret | ApiKey

# RFC 6750 section 2.1.
BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
# Visible ASCII: no space to trim, and no line break to end the header with.
_API_KEY = re.compile(r"[\x21-\x7e]+")
_HEADERS = ("Authorization", "X-API-Key")


class CredentialHeader:
    """The header that says who calls. Its secret is asked for anew for each call, and in no repr or message.

    Raises ValueError for what no header can hold, and for an `http_client` with a credential of its own:
    KKP refuses two in one request.
    """

    def __init__(
        self, credentials: AsyncCredentials, http_client: httpx.Client | httpx.AsyncClient | None
    ) -> None:
        if _shows(http_client, *_HEADERS):
            raise ValueError("http_client must have no credential when the argument credentials is there")
        if isinstance(credentials, ApiKey):
            self._name, self._prefix, self._form = "X-API-Key", "", _API_KEY
            self._secret = credentials.secret
        else:
            self._name, self._prefix, self._form = "Authorization", "Bearer ", BEARER_TOKEN
            self._secret = credentials
        if not callable(self._secret) and not self._is_good(self._secret):
            raise ValueError(f"credentials must be one line of the characters that {self._name} allows")

    @property
    def name(self) -> str:
        """The header's name."""
        return self._name

    def get(self) -> dict[str, str]:
        """Raise CredentialsError when there is no secret to show."""
        secret = self._ask()
        if inspect.isawaitable(secret):
            if inspect.iscoroutine(secret):
                secret.close()
            raise CredentialsError("An async function for credentials needs the AsyncClient.")
        return self._header(secret)

    async def get_async(self) -> dict[str, str]:
        """Raise CredentialsError when there is no secret to show."""
        secret = self._ask()
        try:
            return self._header(await secret if inspect.isawaitable(secret) else secret)
        except CredentialsError:
            raise
        except Exception as error:
            raise CredentialsError("The function credentials failed.") from error

    def _ask(self) -> object:
        if not callable(self._secret):
            return self._secret
        try:
            return self._secret()
        except Exception as error:
            raise CredentialsError("The function credentials failed.") from error

    def _header(self, secret: object) -> dict[str, str]:
        if not self._is_good(secret):
            raise CredentialsError(f"The function credentials gave what {self._name} does not allow.")
        return {self._name: f"{self._prefix}{secret}"}

    def _is_good(self, secret: object) -> bool:
        return isinstance(secret, str) and self._form.fullmatch(secret) is not None


def leaves_authorization_free(
    credential: CredentialHeader | None, http_client: httpx.Client | httpx.AsyncClient | None
) -> bool:
    """Tell whether nothing of the caller's goes into the header `Authorization`."""
    is_taken = credential is not None and credential.name == "Authorization"
    return not is_taken and not _shows(http_client, "Authorization")


def _shows(http_client: httpx.Client | httpx.AsyncClient | None, *headers: str) -> bool:
    if http_client is None:
        return False
    return http_client.auth is not None or any(name in http_client.headers for name in headers)
