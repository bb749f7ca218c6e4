import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  Authorizer,
  BatchRunner,
  performed,
  type Asker,
  type BatchAnswer,
  type Operation,
} from './access/index.js';
import type { CallContext } from './call-context.js';
import { CallerAuthentication, type Caller } from './callers/index.js';
import { GenerateDataKey, type DataKeyBody, type DataKeyDto } from './data-keys/index.js';
import {
  Decrypt,
  Encrypt,
  Rewrap,
  type DecryptBody,
  type DecryptedDto,
  type EncryptBody,
  type EncryptedDto,
  type RewrapBody,
  type RewrappedDto,
} from './envelope/index.js';
import { RotateKeys, SigningKeys, type RotatedKeyDto } from './keys/index.js';
import { Possession, sha256, type ShownElsewhere } from './possession/index.js';
import { Quotas } from './quotas/index.js';
import {
  IntrospectToken,
  RevocationList,
  RevokeTokens,
  type IntrospectBody,
  type IntrospectionDto,
  type RevokeBody,
  type RevokedDto,
} from './revocation/index.js';
import {
  IssueToken,
  TokenVerifier,
  type IssuedTokenDto,
  type IssueTokenBody,
  type TokenClaims,
} from './tokens/index.js';

/** Who asks, what a client of this code has shown, and how to stop. */
export interface AskOptions {
  readonly caller?: Caller;
  /** A KKP token, judged as one in the header `Authorization`. Encryption and data keys take one nowhere else. */
  readonly token?: string;
  /** The DPoP proof that a client has sent with its token to a route of this code. KKP verifies it, and it counts once. */
  readonly dpop?: ShownElsewhere;
  /** The client's certificate in DER, where the TLS handshake has proven it: for a token that is bound to it. */
  readonly clientCertificate?: Uint8Array;
  readonly signal?: AbortSignal;
  readonly requestId?: string;
}

/** 1 to 100 requests, each answered as if it had been asked alone. */
export interface Batch<Body> {
  readonly items: readonly Body[];
}

/**
 * Everything that KKP does, for code in the same process. Takes and answers what the HTTP routes do, checks it as
 * they do, asks the policy as they do, and counts for the same quotas: every request may be `rate_limited`.
 */
@Injectable()
export class Kkp {
  constructor(
    @Inject(CallerAuthentication) private readonly callers: CallerAuthentication,
    @Inject(Possession) private readonly possession: Possession,
    @Inject(Quotas) private readonly quotas: Quotas,
    @Inject(Authorizer) private readonly authorizer: Authorizer,
    @Inject(IssueToken) private readonly issue: IssueToken,
    @Inject(Encrypt) private readonly encryption: Encrypt,
    @Inject(Decrypt) private readonly decryption: Decrypt,
    @Inject(Rewrap) private readonly rewrapping: Rewrap,
    @Inject(GenerateDataKey) private readonly dataKeys: GenerateDataKey,
    @Inject(BatchRunner) private readonly batches: BatchRunner,
    @Inject(RotateKeys) private readonly rotation: RotateKeys,
    @Inject(SigningKeys) private readonly keys: SigningKeys,
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
    @Inject(RevokeTokens) private readonly revocation: RevokeTokens,
    @Inject(IntrospectToken) private readonly introspection: IntrospectToken,
    @Inject(RevocationList) private readonly revocationList: RevocationList,
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

  /** @throws KkpError `invalid_request`, `invalid_token`, `policy_denied`, `envelope_error`, `kms_*` */
  rewrap(request: RewrapBody, options?: AskOptions): Promise<RewrappedDto> {
    return this.ask(this.rewrapping, request, options);
  }

  /** @throws KkpError `invalid_request`, `policy_denied`, `kms_*` */
  generateDataKey(request: DataKeyBody, options?: AskOptions): Promise<DataKeyDto> {
    return this.ask(this.dataKeys, request, options);
  }

  /** @throws KkpError `invalid_request` for what is no batch; whatever is wrong with an item is in its result */
  encryptEach(request: Batch<EncryptBody>, options?: AskOptions): Promise<BatchAnswer<EncryptedDto>> {
    return this.askEach(this.encryption, request, options);
  }

  /** @throws KkpError as `encryptEach` */
  decryptEach(request: Batch<DecryptBody>, options?: AskOptions): Promise<BatchAnswer<DecryptedDto>> {
    return this.askEach(this.decryption, request, options);
  }

  /** @throws KkpError as `encryptEach` */
  rewrapEach(request: Batch<RewrapBody>, options?: AskOptions): Promise<BatchAnswer<RewrappedDto>> {
    return this.askEach(this.rewrapping, request, options);
  }

  /** @throws KkpError as `encryptEach` */
  generateDataKeys(request: Batch<DataKeyBody>, options?: AskOptions): Promise<BatchAnswer<DataKeyDto>> {
    return this.askEach(this.dataKeys, request, options);
  }

  /** @throws KkpError `policy_denied`, `rate_limited` */
  rotateKeys(options?: AskOptions): Promise<RotatedKeyDto> {
    return this.ask(this.rotation, {}, options);
  }

  /** The JWKS as text, with its strong ETag. */
  jwks(): { body: string; etag: string; maxAgeSeconds: number } {
    return this.keys.jwks();
  }

  /** @throws KkpError `invalid_request`, `policy_denied`, `rate_limited`, `unavailable` */
  revokeTokens(request: RevokeBody, options?: AskOptions): Promise<RevokedDto> {
    return this.ask(this.revocation, request, options);
  }

  /** @throws KkpError `invalid_request`, `policy_denied` */
  introspectToken(request: IntrospectBody, options?: AskOptions): Promise<IntrospectionDto> {
    return this.ask(this.introspection, request, options);
  }

  /** The signed list of what is taken back, with its strong ETag. @throws KkpError `unavailable` */
  revocations(): Promise<{ body: string; etag: string; maxAgeSeconds: number }> {
    return this.revocationList.current();
  }

  /** Asks nothing about revocation but that of the signing key. @throws KkpError `invalid_token` */
  verifyToken(token: string): TokenClaims {
    return this.verifier.verify(token);
  }

  /**
   * Code in this process is trusted to say for whom it asks, and whose certificate it saw. Tokens and proofs are judged as
   * those of any request. @throws KkpError `rate_limited`, `invalid_dpop_proof`
   */
  private async admit({ caller = this.callers.nobody, ...shown }: AskOptions): Promise<Asker> {
    this.quotas.admit({ caller });
    const { token, dpop, clientCertificate } = shown;
    const proof = dpop && (await this.possession.shownElsewhere(dpop));
    return {
      caller,
      ...(token !== undefined && { token }),
      ...(proof && { proof }),
      ...(clientCertificate && { certificateThumbprint: sha256(Buffer.from(clientCertificate)) }),
    };
  }

  private async ask<Body extends object, Work, Result>(
    operation: Operation<Body, Work, Result>,
    body: unknown,
    options: AskOptions = {},
  ): Promise<Result> {
    const call = callOf(options);
    const asker = await this.admit(options);
    const permit = await this.authorizer.authorize(operation, body, asker, call);
    return performed(operation, permit, call);
  }

  private async askEach<Body extends object, Work, Result>(
    operation: Operation<Body, Work, Result>,
    body: unknown,
    options: AskOptions = {},
  ): Promise<BatchAnswer<Result>> {
    const asker = await this.admit(options);
    const asks = this.authorizer.authorizeEach(operation, body, asker);
    return this.batches.run(operation, asks, callOf(options));
  }
}

const callOf = ({ requestId = randomUUID(), signal }: AskOptions): CallContext => ({
  requestId,
  ...(signal === undefined ? {} : { signal }),
});
