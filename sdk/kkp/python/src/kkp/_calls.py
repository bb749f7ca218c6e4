"""What the sync and the async client share: their options, and the requests that calls become."""

from collections.abc import Mapping
from typing import Any

import httpx

from ._credentials import AsyncCredentials, CredentialHeader, leaves_authorization_free
from ._dpop_key import DpopKey
from ._http import Exchange, check_timeout, check_url
from ._operations import Operation
from ._possession import Possession


class Calls:
    """The options of a client, checked, and the request that each operation becomes under them."""

    def __init__(
        self,
        base_url: str,
        timeout: float,
        http_client: httpx.Client | httpx.AsyncClient | None,
        credentials: AsyncCredentials | None,
        dpop_key: DpopKey | None,
    ) -> None:
        self._base_url = check_url(base_url)
        self._timeout = check_timeout(timeout)
        self._credential = None if credentials is None else CredentialHeader(credentials, http_client)
        if dpop_key is not None and http_client is not None and "DPoP" in http_client.headers:
            raise ValueError("http_client must have no proof when the argument dpop_key is there")
        self.possession = Possession(dpop_key, leaves_authorization_free(self._credential, http_client))

    def seconds(self, timeout: float | None) -> float:
        return self._timeout if timeout is None else check_timeout(timeout)

    def credential_for(self, operation: Operation[Any]) -> CredentialHeader | None:
        return self._credential if operation.needs_caller else None

    def exchange(self, operation: Operation[Any], seconds: float, caller: Mapping[str, str]) -> Exchange:
        return operation.exchange(self._base_url, seconds, self.possession, caller)
