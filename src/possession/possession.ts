import { hash } from 'node:crypto';
import { valuesOf, type CallerRequest } from '../callers/index.js';
import { unixSeconds, type Clock } from '../clock.js';
import { KkpError } from '../errors.js';
import { badProof, readProof, type SignedProof } from './proof.js';
import type { ProofStore } from './proof-store.js';
import { normalUrl, targetOf } from './target.js';

/** Seconds that a proof may be old, and that a client's clock may be ahead. */
export const PROOF_WINDOW = { past: 60, future: 5 } as const;

/** The keys that a request has shown to hold. */
export interface Shown {
  /** From a DPoP proof (RFC 9449) that is for this request, and was never used before. */
  readonly proof?: Pick<SignedProof, 'jkt' | 'ath'>;
  /** SHA-256 of the client certificate in DER, base64url (RFC 8705 section 3.1). */
  readonly certificateThumbprint?: string;
}

/** A DPoP proof, and the request that it came with, as the client sent it. */
export interface ShownElsewhere {
  readonly proof: string;
  readonly method: string;
  /** Scheme, host and path; query and fragment do not count. */
  readonly url: string;
}

/** Finds out which keys a request shows, before its body is read. Which of them a token wants is for `checkBinding`. */
export class Possession {
  constructor(
    private readonly publicUrl: string | undefined,
    private readonly store: ProofStore,
    private readonly clock: Clock,
  ) {}

  /**
   * @param scheme of a KKP token in the `Authorization` header, in lower case
   * @throws KkpError `invalid_dpop_proof`; `rate_limited` when there is no room to remember the proof
   */
  async shownBy(request: CallerRequest, scheme?: string): Promise<Shown> {
    const certificate = request.clientCertificate;
    const text = proofOf(request);
    if (text === undefined && scheme === 'dpop') {
      throw badProof('With the scheme DPoP, send a proof in the header DPoP.');
    }
    const target = targetOf(request, this.publicUrl);
    const proof = text === undefined ? undefined : await this.accept(readProof(text), request.method, target);
    return {
      ...(proof && { proof }),
      ...(certificate && { certificateThumbprint: sha256(certificate) }),
    };
  }

  /**
   * As `shownBy`, for the proof of a request that code of this process has taken on a route of its own.
   * @throws KkpError as `shownBy`
   */
  shownElsewhere({ proof, method, url }: ShownElsewhere): Promise<Shown['proof']> {
    return this.accept(readProof(proof), method, normalUrl(url.replace(/[?#].*$/s, '')));
  }

  private async accept(
    proof: SignedProof,
    method: string,
    target: string | undefined,
  ): Promise<Shown['proof']> {
    const { jkt, htm, htu, iat, jti, ath } = proof;
    if (htm !== method) throw badProof('The htm of the proof is not the method of the request.');
    if (target === undefined || normalUrl(htu) !== target) {
      throw badProof('The htu of the proof is not the URL of the request, without query and fragment.');
    }
    const now = unixSeconds(this.clock);
    if (iat < now - PROOF_WINDOW.past || iat > now + PROOF_WINDOW.future) {
      throw badProof(`The iat of the proof is not of the last ${PROOF_WINDOW.past} seconds.`);
    }
    if (iat < (this.store.since ?? -Infinity)) {
      throw badProof('The proof may have been used before KKP started: make a new one.');
    }
    // Last, so that only proofs that would be accepted take room.
    const seen = await this.store.use(sha256(`${jkt}.${jti}`), iat + PROOF_WINDOW.past + 1);
    if (seen === 'used') throw badProof('The proof was used before: make a new one for each request.');
    if (seen === 'full') {
      throw new KkpError('rate_limited', 'Too many proofs for now.', {
        retryAfterSeconds: PROOF_WINDOW.past,
      });
    }
    return { jkt, ...(ath !== undefined && { ath }) };
  }
}

/** The one DPoP header. Node would join two to one text. @throws KkpError `invalid_dpop_proof` */
function proofOf(request: CallerRequest): string | undefined {
  const [proof, another] = valuesOf(request, 'dpop');
  if (another !== undefined) throw badProof('Send exactly one DPoP header.');
  return proof;
}

/** Of bytes, or of an ASCII text. */
export const sha256 = (value: string | Buffer): string => hash('sha256', value, 'base64url');
