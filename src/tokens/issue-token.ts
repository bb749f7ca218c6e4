import { Inject, Injectable } from '@nestjs/common';
import type { Asker, Operation, Permit, Prepared } from '../access/index.js';
import { BackendRegistry } from '../backends/index.js';
import { isAuthenticated } from '../callers/index.js';
import { IssueTokenBody, type IssuedTokenDto } from './token.dto.js';
import { TokenIssuer } from './issuer.js';
import type { TokenClaims } from './claims.js';

/** Mints a token: the policy is asked about exactly the claims that will be signed. */
@Injectable()
export class IssueToken implements Operation<IssueTokenBody, TokenClaims, IssuedTokenDto> {
  readonly body = IssueTokenBody;

  constructor(
    @Inject(TokenIssuer) private readonly issuer: TokenIssuer,
    @Inject(BackendRegistry) private readonly backends: BackendRegistry,
  ) {}

  prepare(body: IssueTokenBody, { caller }: Asker): Prepared<TokenClaims> {
    // A token for a backend that is not there could never open anything.
    this.backends.get(body.backend);
    const claims = this.issuer.buildClaims(body, isAuthenticated(caller) ? caller.id : undefined);
    const request = { context: body.request_context ?? {} };
    return { input: { action: 'issue_token', claims, request, caller }, work: claims };
  }

  perform({ work, decision }: Permit<TokenClaims>): Promise<IssuedTokenDto> {
    return this.issuer.sign(work, decision);
  }
}
