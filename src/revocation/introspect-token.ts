import type { Asker, Operation, Permit, Prepared } from '../access/index.js';
import { KkpError } from '../errors.js';
import type { TokenVerifier } from '../tokens/index.js';
import { IntrospectBody, type IntrospectionDto } from './revocation.dto.js';
import type { Revocations } from './revocations.js';

/** Tells what a token says and whether it is good. What is wrong with one that is not, nobody is told. */
export class IntrospectToken implements Operation<IntrospectBody, string, IntrospectionDto> {
  readonly body = IntrospectBody;

  constructor(
    private readonly verifier: TokenVerifier,
    private readonly revocations: Revocations,
  ) {}

  prepare({ token }: IntrospectBody, { caller }: Asker): Prepared<string> {
    return { input: { action: 'introspect_token', request: { context: {} }, caller }, work: token };
  }

  perform({ work: token }: Permit<string>): Promise<IntrospectionDto> {
    return Promise.resolve(this.statusOf(token));
  }

  /** For whoever may know. Whether the token is bound to a holder, and to whom, is among its claims. */
  statusOf(token: string): IntrospectionDto {
    try {
      const claims = this.verifier.verify(token);
      this.revocations.check(claims);
      return { ...claims, active: true };
    } catch (error) {
      if (error instanceof KkpError && error.code === 'invalid_token') return { active: false };
      throw error;
    }
  }
}
