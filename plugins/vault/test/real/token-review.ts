import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** Issuer and audience of a cluster that has no other. */
const AUDIENCE = 'https://kubernetes.default.svc.cluster.local';

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/**
 * The one call of the Kubernetes API that Vault's login makes: TokenReview
 * (kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1). It vouches for the tokens that
 * it issued itself and were not taken back.
 */
export class TokenReviewApi {
  private readonly server: Server;
  private readonly issued = new Map<string, ServiceAccount>();
  private readonly privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const known = request.url === '/apis/authentication.k8s.io/v1/tokenreviews';
        response.writeHead(known ? 201 : 404, { 'content-type': 'application/json' });
        response.end(known ? JSON.stringify(this.review(Buffer.concat(chunks).toString())) : '{}');
      });
    });
  }

  async listen(): Promise<string> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await once(this.server.close(), 'close');
  }

  /** A bound service account token, valid for ten minutes. */
  issue(account: ServiceAccount): string {
    const now = Math.floor(Date.now() / 1000);
    const { namespace, name, uid } = account;
    const text = [
      { alg: 'RS256', kid: 'test' },
      {
        iss: AUDIENCE,
        sub: `system:serviceaccount:${namespace}:${name}`,
        aud: [AUDIENCE],
        iat: now,
        nbf: now,
        exp: now + 600,
        'kubernetes.io': { namespace, serviceaccount: { name, uid } },
      },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const token = `${text}.${sign('sha256', Buffer.from(text), this.privateKey).toString('base64url')}`;
    this.issued.set(token, account);
    return token;
  }

  takeBack(token: string): void {
    this.issued.delete(token);
  }

  private review(body: string): unknown {
    const { spec } = JSON.parse(body) as { spec: { token: string; audiences?: string[] } };
    const account = this.issued.get(spec.token);
    const status = account
      ? {
          authenticated: true,
          audiences: spec.audiences?.filter((audience) => audience === AUDIENCE),
          user: {
            username: `system:serviceaccount:${account.namespace}:${account.name}`,
            uid: account.uid,
            groups: [
              'system:serviceaccounts',
              `system:serviceaccounts:${account.namespace}`,
              'system:authenticated',
            ],
          },
        }
      : { authenticated: false, error: 'invalid bearer token' };
    return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status };
  }
}
