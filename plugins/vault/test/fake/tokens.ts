import { randomUUID } from 'node:crypto';
import { multierror, Refused, success, type Reply } from './reply.js';

/** Capabilities by path; the first pattern that matches decides, and nothing is allowed without one. */
export type Policy = readonly (readonly [pattern: RegExp, capabilities: readonly string[]])[];

export interface TokenSpec {
  readonly policy: Policy;
  /** 0: for ever. */
  readonly ttlSeconds?: number;
  readonly renewable?: boolean;
  /** A renewal never lengthens the life beyond this; 0: no limit. */
  readonly maxTtlSeconds?: number;
}

interface Token extends Required<TokenSpec> {
  readonly id: string;
  readonly issuedAt: number;
  endsAt: number | undefined;
}

export const ROOT: Policy = [[/^/, ['root']]];
/** What every token gets that is not told otherwise (vault/policy_store.go, the policy `default`). */
const DEFAULT: Policy = [
  [/^auth\/token\/lookup-self$/, ['read']],
  [/^auth\/token\/renew-self$/, ['update']],
  [/^sys\/capabilities-self$/, ['update']],
];
/** The least rights of the README. */
export const LEAST: Policy = [
  [/^transit\/(?:encrypt|decrypt)\/[^/]+$/, ['update']],
  [/^transit\/keys\/[^/]+$/, ['read']],
  ...DEFAULT,
];
/** The same, and `create` on encrypt: what many examples give. */
export const MAY_CREATE: Policy = [[/^transit\/encrypt\/[^/]+$/, ['create', 'update']], ...LEAST];

/** Texts and statuses: vault/token_store.go, vault/request_handling.go, vault/expiration.go, vault/capabilities.go. */
export class Tokens {
  readonly #tokens = new Map<string, Token>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  issue(
    { policy, ttlSeconds = 0, renewable = ttlSeconds > 0, maxTtlSeconds = 0 }: TokenSpec,
    id = `hvs.${randomUUID()}`,
  ): string {
    const issuedAt = this.#now();
    const endsAt = ttlSeconds === 0 ? undefined : issuedAt + ttlSeconds * 1000;
    this.#tokens.set(id, { id, policy, ttlSeconds, renewable, maxTtlSeconds, issuedAt, endsAt });
    return id;
  }

  revoke(id: string): void {
    this.#tokens.delete(id);
  }

  revokeAll(): void {
    this.#tokens.clear();
  }

  /** @throws Refused 403 for a token that is missing, unknown or expired */
  find(id: string | undefined): Token {
    const token = this.#tokens.get(id ?? '');
    if (token && (token.endsAt === undefined || this.#now() < token.endsAt)) return token;
    throw new Refused(403, [multierror('permission denied', 'invalid token')]);
  }

  capabilities({ policy }: Token, path: string): readonly string[] {
    return policy.find(([pattern]) => pattern.test(path))?.[1] ?? ['deny'];
  }

  allow(token: Token, path: string, capability: string): void {
    const has = this.capabilities(token, path);
    if (has.includes('root') || has.includes(capability)) return;
    throw new Refused(403, [multierror('permission denied')]);
  }

  capabilitiesSelf(token: Token, paths: readonly string[]): Reply {
    const data: Record<string, unknown> = {};
    for (const path of paths) data[path] = this.capabilities(token, path);
    // With one path the list is also under "capabilities" (vault/logical_system.go, handleCapabilities).
    if (paths.length === 1) data.capabilities = data[paths[0]!];
    return success({ data });
  }

  lookUpSelf({ id, ttlSeconds, renewable, endsAt, issuedAt }: Token): Reply {
    const ttl = endsAt === undefined ? 0 : Math.max(0, Math.floor((endsAt - this.#now()) / 1000));
    const data = {
      id,
      ttl,
      renewable,
      creation_ttl: ttlSeconds,
      creation_time: issuedAt / 1000,
      type: 'service',
    };
    return success({ data });
  }

  renewSelf(token: Token): Reply {
    if (!token.renewable) throw new Refused(400, ['lease is not renewable']);
    const now = this.#now();
    const limit = token.maxTtlSeconds === 0 ? Infinity : token.issuedAt + token.maxTtlSeconds * 1000;
    token.endsAt = Math.min(now + token.ttlSeconds * 1000, limit);
    return this.auth(token.id);
  }

  auth(id: string): Reply {
    const { endsAt, renewable } = this.find(id);
    const lease = endsAt === undefined ? 0 : Math.floor((endsAt - this.#now()) / 1000);
    return success({
      auth: { client_token: id, accessor: 'accessor', policies: ['kkp'], lease_duration: lease, renewable },
    });
  }
}
