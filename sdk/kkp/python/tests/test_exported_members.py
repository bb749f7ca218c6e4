import kkp


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
