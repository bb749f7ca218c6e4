import { Refused, type Reply } from './reply.js';
import { LEAST, type Tokens, type TokenSpec } from './tokens.js';

type Fields = Readonly<Record<string, unknown>>;

/** AppRole and Kubernetes logins. */
export class Logins {
  readonly #tokens: Tokens;
  /** What a login gives; tests change it. */
  spec: TokenSpec = { policy: LEAST, ttlSeconds: 3600, renewable: true };
  roleId = 'b7b2a4e6-role';
  secretId = 'c2f1d0aa-secret';
  jwt = 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln';

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  /** Texts: builtin/credential/approle/path_login.go. A wrong secret id is repeated in one of them. */
  appRole({ role_id: roleId, secret_id: secretId }: Fields): Reply {
    if (typeof roleId !== 'string' || roleId === '') throw new Refused(400, ['missing role_id']);
    if (roleId !== this.roleId) throw new Refused(400, ['invalid role or secret ID']);
    if (secretId !== this.secretId) throw new Refused(400, [`invalid secret_id "${String(secretId)}"`]);
    return this.#tokens.auth(this.#tokens.issue(this.spec));
  }

  /** Texts: path_login.go of hashicorp/vault-plugin-auth-kubernetes. */
  kubernetes({ role, jwt }: Fields): Reply {
    if (typeof role !== 'string' || role === '') throw new Refused(400, ['missing role']);
    if (typeof jwt !== 'string' || jwt === '') throw new Refused(400, ['missing jwt']);
    if (role !== 'kkp') throw new Refused(400, [`invalid role name "${role}"`]);
    if (jwt !== this.jwt) throw new Refused(403, ['permission denied']);
    return this.#tokens.auth(this.#tokens.issue(this.spec));
  }
}
