import inspect
from collections.abc import Callable
from typing import get_type_hints

import pytest

import kkp
from kkp import _oauth_operations, _operations


def test_every_public_name_is_exported_and_nothing_else() -> None:
    public = {name for name in vars(kkp) if not name.startswith("_")} | {"__version__"}
    assert set(kkp.__all__) == public
    assert sorted(public) == sorted(
        """
        ApiKey AsyncClient AsyncCredentials AsyncRemoteJwks AsyncRemoteRevocations AsyncSecret Claims Client
        Confirmation Credentials CredentialsError DataKey DataKeyLength DataKeyRequest DecryptOptions
        DecryptRequest Decrypted Encoding EncryptOptions EncryptRequest Encrypted Envelope EnvelopeError
        ExchangeTokenOptions ExchangedToken GrantTokenRequest GrantedToken ImportedKeys InternalError
        Introspection InvalidAuthorizationDetails InvalidDpopProof InvalidGrant InvalidRequest InvalidScope
        InvalidTarget InvalidToken IssueTokenRequest IssuedToken Jwk JwkSet KeySetError KeysUnavailableError
        KkpApiError KkpConnectionError KkpError KkpProtocolError KkpTimeoutError KmsError MethodNotAllowed
        NotFound OpenDataKey OpenDataKeyAsync PolicyDenied DpopAlgorithm DpopKey RateLimited RemoteJwks
        RemoteRevocations RevocationList RevocationsError RevocationsReason RevocationsUnavailableError
        Revoked RewrapOptions RewrapRequest RotatedKey Secret StreamError StreamReason SubjectTokenType
        TokenType TokenUse TokenVerificationError Unauthenticated UnsupportedGrantType VerificationReason
        __version__ decrypt_bytes decrypt_bytes_async decrypt_file decrypt_stream decrypt_stream_async
        encrypt_bytes encrypt_file encrypt_stream encrypt_stream_async import_jwks jwk_thumbprint
        read_revocations rewrap_stream rewrap_stream_async verify_token verify_token_async
        """.split()
    )


def test_every_error_is_a_kkp_error() -> None:
    errors = [
        value for value in vars(kkp).values() if isinstance(value, type) and issubclass(value, Exception)
    ]
    assert len(errors) == 28
    assert all(issubclass(error, kkp.KkpError) for error in errors)


@pytest.mark.parametrize(
    ("arguments", "operation"),
    [
        (kkp.IssueTokenRequest, _operations.issue_token),
        (kkp.GrantTokenRequest, _oauth_operations.grant_token),
        (kkp.ExchangeTokenOptions, _oauth_operations.exchange_token),
        (kkp.EncryptRequest, _operations.encrypt),
        (kkp.DecryptRequest, _operations.decrypt),
        (kkp.RewrapRequest, _operations.rewrap),
        (kkp.DataKeyRequest, _operations.create_data_key),
        (kkp.DataKeyRequest, _operations.create_wrapped_data_key),
    ],
)
def test_the_dictionaries_of_arguments_have_all_that_their_call_takes(
    arguments: type, operation: Callable[..., object]
) -> None:
    parameters = inspect.signature(operation).parameters.values()
    by_name = {
        one.name: one.default is one.empty for one in parameters if one.kind is not one.POSITIONAL_ONLY
    }
    members: dict[str, object] = get_type_hints(arguments)
    assert members.keys() == by_name.keys()
    assert {name for name, is_required in by_name.items() if is_required} == arguments.__required_keys__  # type: ignore[attr-defined]


@pytest.mark.parametrize("client", [kkp.Client, kkp.AsyncClient])
def test_the_signatures_of_calls_can_be_read_at_run_time(client: type) -> None:
    calls = [call for name, call in vars(client).items() if not name.startswith("_")]
    assert len(calls) == 18
    assert all("return" in get_type_hints(call) for call in calls)
