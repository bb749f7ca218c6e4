import { hash } from 'node:crypto';
import { unixSeconds, type Clock } from '../clock.js';
import type { SigningKeys } from '../keys/index.js';
import { SingleFlight } from '../single-flight.js';
import type { Revocations } from './revocations.js';

/** What a verifier demands of the header: no token has it, so neither is taken for the other (RFC 8725 section 3.11). */
export const LIST_TYPE = 'kkp-revocations+jwt';

export interface ListOptions {
  /** Seconds that a list may be relied on. */
  readonly ttlSeconds: number;
  /** Claim `iss`; absent: the list has none. */
  readonly issuer?: string;
}

/** The list as it is served. */
interface ServedList {
  /** A JWS in compact form. */
  readonly body: string;
  readonly etag: string;
  /** A copy that is kept for so long is not yet at its end. */
  readonly maxAgeSeconds: number;
}

interface MadeList extends ServedList {
  readonly revision: number;
  readonly madeAt: number;
}

/**
 * The signed list of all that is taken back, for verifiers that do not ask KKP. A verifier that relies on none past its
 * `exp` accepts no token longer than `ttlSeconds` after its revocation, whoever keeps copies in between.
 *
 * Claims: `iss` where configured, `iat`, `exp`, and `rules` with the members that `TimedRule` has.
 */
export class RevocationList {
  readonly #flights: SingleFlight<MadeList>;
  #made: MadeList | undefined;

  constructor(
    private readonly options: ListOptions,
    private readonly revocations: Pick<Revocations, 'current'>,
    private readonly keys: Pick<SigningKeys, 'reserve'>,
    private readonly clock: Clock,
  ) {
    this.#flights = new SingleFlight(clock);
  }

  /** The list as of now. @throws KkpError `unavailable` when the signing key is at its end */
  async current(): Promise<ServedList> {
    const { rules, revision } = this.revocations.current();
    const now = unixSeconds(this.clock);
    // Half-way through its life, so that there is always half a life for copies of it.
    const made = this.#made;
    const fresh = made && now >= made.madeAt && now - made.madeAt < made.maxAgeSeconds;
    if (made?.revision === revision && fresh) return made;
    this.#made = await this.#flights.run(`${revision}/${now}`, () => this.#make(rules, revision, now));
    return this.#made;
  }

  async #make(rules: readonly object[], revision: number, now: number): Promise<MadeList> {
    const { ttlSeconds, issuer } = this.options;
    // Shorter where rotations fail and the key is near its end.
    const signer = await this.keys.reserve(now + ttlSeconds);
    const { exp } = signer;
    const claims = { ...(issuer === undefined ? {} : { iss: issuer }), iat: now, exp, rules };
    const input = `${encode({ alg: 'EdDSA', typ: LIST_TYPE, kid: signer.kid })}.${encode(claims)}`;
    const body = `${input}.${signer.sign(Buffer.from(input, 'latin1')).toString('base64url')}`;
    const etag = `"${hash('sha256', body, 'base64url')}"`;
    return { body, etag, maxAgeSeconds: Math.floor((exp - now) / 2), revision, madeAt: now };
  }
}

const encode = (part: object): string => Buffer.from(JSON.stringify(part), 'utf8').toString('base64url');
