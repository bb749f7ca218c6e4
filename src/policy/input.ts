import type { Caller } from '../callers/index.js';

/** What a caller adds to a request for the policy alone; any JSON object. */
export type PolicyContext = Readonly<Record<string, unknown>>;

export interface IssueTokenInput {
  action: 'issue_token';
  /** The claims that are about to be signed. */
  claims: Readonly<Record<string, unknown>>;
  request: { context: PolicyContext };
  caller: Caller;
}

export interface EncryptInput {
  action: 'encrypt';
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

export interface RewrapInput {
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

export interface DataKeyInput {
  action: 'data_key';
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

export interface RevokeTokensInput {
  action: 'revoke_tokens';
  request: {
    /** `jti`, `subject`, `backend` with `key_id`, `kid` or `before`, as it was asked for. */
    rule: Readonly<Record<string, unknown>>;
    context: PolicyContext;
  };
  caller: Caller;
}

export interface IntrospectTokenInput {
  action: 'introspect_token';
  request: { context: PolicyContext };
  caller: Caller;
}

/** The document `input` of a policy, one shape an action. Never holds plaintext, ciphertext or a token. */
export type PolicyInput =
  | IssueTokenInput
  | EncryptInput
  | DecryptInput
  | RewrapInput
  | DataKeyInput
  | RotateKeysInput
  | RevokeTokensInput
  | IntrospectTokenInput;
