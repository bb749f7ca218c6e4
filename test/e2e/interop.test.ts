import { jest } from '@jest/globals';
import { createRemoteJWKSet, customFetch, jwtVerify, type RemoteJWKSetOptions } from 'jose';
import { startProcess } from '../support/process.js';
import { GRANT, issueToken, post, send, startServer, type TestServer } from '../support/server.js';

const ROTATIONS = 20;
const START = 1_800_000_000;

interface Live {
  readonly token: string;
  readonly kid: string;
  /** Unix seconds. */
  readonly exp: number;
}

/** A verifier that lives as long as the test: jose with a JWKS URL, and what it has seen. */
class JoseClient {
  readonly refused: string[] = [];
  verified = 0;
  fetched = 0;
  private readonly keys: ReturnType<typeof createRemoteJWKSet>;

  constructor(url: string, options: RemoteJWKSetOptions = {}) {
    const counted: typeof fetch = (...request) => {
      this.fetched += 1;
      return fetch(...request);
    };
    this.keys = createRemoteJWKSet(new URL(url), { ...options, [customFetch]: counted });
  }

  async verify({ token, kid }: Live): Promise<void> {
    const expected = { audience: GRANT.audience, subject: GRANT.subject, algorithms: ['EdDSA'], typ: 'JWT' };
    try {
      const { protectedHeader } = await jwtVerify(token, this.keys, expected);
      expect(protectedHeader.kid).toBe(kid);
      this.verified += 1;
    } catch (error) {
      this.refused.push(`${kid}: ${String(error)}`);
    }
  }
}
