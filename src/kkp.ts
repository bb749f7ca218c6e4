import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Authorizer, type Operation } from './access/index.js';
import type { CallContext } from './call-context.js';
import {
  Decrypt,
  Encrypt,
  type DecryptBody,
  type DecryptedDto,
  type EncryptBody,
  type EncryptedDto,
} from './envelope/index.js';
import { RotateKeys, SigningKeys, type RotatedKeyDto } from './keys/index.js';
import { ANONYMOUS, type Caller } from './policy/index.js';
import {
  IssueToken,
  TokenVerifier,
  type IssuedTokenDto,
  type IssueTokenBody,
  type TokenClaims,
} from './tokens/index.js';

/** Who asks, and how to stop. */
export interface AskOptions {
  readonly caller?: Caller;
  readonly signal?: AbortSignal;
  readonly requestId?: string;
}

/**
 * Everything that KKP does, for code in the same process. Takes and answers what the HTTP routes do, checks it as
 * they do, and asks the policy as they do.
 */
@Injectable()
export class Kkp {
  constructor(
    @Inject(Authorizer) private readonly authorizer: Authorizer,
    @Inject(IssueToken) private readonly issue: IssueToken,
    @Inject(Encrypt) private readonly encryption: Encrypt,
    @Inject(Decrypt) private readonly decryption: Decrypt,
    @Inject(RotateKeys) private readonly rotation: RotateKeys,
    @Inject(SigningKeys) private readonly keys: SigningKeys,
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
  ) {}

  /** @throws KkpError `invalid_request`, `policy_denied` */
  issueToken(request: IssueTokenBody, options?: AskOptions): Promise<IssuedTokenDto> {
    return this.ask(this.issue, request, options);
  }

  /** @throws KkpError `invalid_request`, `policy_denied`, `kms_*` */
  encrypt(request: EncryptBody, options?: AskOptions): Promise<EncryptedDto> {
    return this.ask(this.encryption, request, options);
  }

  /** @throws KkpError `invalid_request`, `invalid_token`, `policy_denied`, `envelope_error`, `kms_*` */
  decrypt(request: DecryptBody, options?: AskOptions): Promise<DecryptedDto> {
    return this.ask(this.decryption, request, options);
  }

  /** @throws KkpError `policy_denied`, `rate_limited` */
  rotateKeys(options?: AskOptions): Promise<RotatedKeyDto> {
    return this.ask(this.rotation, {}, options);
  }

  /** The JWKS as text, with its strong ETag. */
  jwks(): { body: string; etag: string; maxAgeSeconds: number } {
    return this.keys.jwks();
  }

  /** @throws KkpError `invalid_token` */
  verifyToken(token: string): TokenClaims {
    return this.verifier.verify(token);
  }

  private async ask<Body extends object, Work, Result>(
    operation: Operation<Body, Work, Result>,
    body: unknown,
    options: AskOptions = {},
  ): Promise<Result> {
    const call: CallContext = {
      requestId: options.requestId ?? randomUUID(),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    };
    const permit = this.authorizer.authorize(operation, body, options.caller ?? ANONYMOUS, call);
    return operation.perform(permit, call);
  }
}
