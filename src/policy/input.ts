import type { AuthenticatedCaller, Caller } from '../callers/index.js';

/** What a caller adds to a request for the policy alone; any JSON object. */
export type PolicyContext = Readonly<Record<string, unknown>>;

export interface IssueTokenInput {
  action: 'issue_token';
  /** The claims that are about to be signed. */
  claims: Readonly<Record<string, unknown>>;
  request: { context: PolicyContext };
  caller: Caller;
}

export interface ExchangeTokenInput {
  action: 'exchange_token';
  /** The claims that are about to be signed; `act` is who will act for the subject. */
  claims: Readonly<Record<string, unknown>>;
  /** Whose rights they are: the claims of the KKP token that is exchanged, or whom the JWT of another issuer names. */
  subject: { kind: 'token'; claims: Readonly<Record<string, unknown>> } | AuthenticatedCaller;
  request: { context: PolicyContext };
  /** Who asks; of a JWT that came without any other credential, its subject. */
  caller: Caller;
}

export interface EncryptInput {
  action: 'encrypt';
  /** The claims of the verified token, for this operation and key; absent exactly when the caller sent none. */
  claims?: Readonly<Record<string, unknown>>;
  request: { backend: string; key_id: string; context: PolicyContext };
  caller: Caller;
}

export interface DecryptInput {
  action: 'decrypt';
  /** The claims of the verified token. */
  claims: Readonly<Record<string, unknown>>;
  request: {
    context: PolicyContext;
    envelope: { backend: string; key_id: string; associated_data?: string };
  };
  caller: Caller;
}

interface RewrapInput {
  action: 'rewrap';
  /** The claims of the verified token; absent exactly when the caller sent none. */
  claims?: Readonly<Record<string, unknown>>;
  request: {
    context: PolicyContext;
    envelope: { backend: string; key_id: string; associated_data?: string };
    /** The key that can open the envelope afterwards; often the one that can now. */
    to: { backend: string; key_id: string };
  };
  caller: Caller;
}

interface DataKeyInput {
  action: 'data_key';
  /** The claims of the verified token, for this operation and key; absent exactly when the caller sent none. */
  claims?: Readonly<Record<string, unknown>>;
  request: {
    backend: string;
    key_id: string;
    bytes: number;
    /** Whether the caller sees the data key in clear. */
    include_plaintext: boolean;
    context: PolicyContext;
  };
  caller: Caller;
}

export interface RotateKeysInput {
  action: 'rotate_keys';
  request: { context: PolicyContext };
  caller: Caller;
}

interface RevokeTokensInput {
  action: 'revoke_tokens';
  /** Of the token itself, where that was sent and is good; `rule` is its `jti`. */
  claims?: Readonly<Record<string, unknown>>;
  request: {
    /** `jti`, `subject`, `backend` with `key_id`, `kid` or `before`, as it was asked for. */
    rule: Readonly<Record<string, unknown>>;
    context: PolicyContext;
  };
  caller: Caller;
}

interface IntrospectTokenInput {
  action: 'introspect_token';
  request: { context: PolicyContext };
  caller: Caller;
}

/** What a caller had of this process within the last 60 seconds, this request included and its outcome not. */
export interface Usage {
  requests_last_minute: number;
  tokens_issued_last_minute: number;
  /** Envelopes opened, to decrypt and to rewrap. */
  decrypts_last_minute: number;
}

/** The document `input` of a policy, one shape an action. Never holds plaintext, ciphertext or a token. */
export type PolicyInput = (
  | IssueTokenInput
  | ExchangeTokenInput
  | EncryptInput
  | DecryptInput
  | RewrapInput
  | DataKeyInput
  | RotateKeysInput
  | RevokeTokensInput
  | IntrospectTokenInput
) & {
  /** There exactly when quotas are configured. */
  usage?: Usage;
};
