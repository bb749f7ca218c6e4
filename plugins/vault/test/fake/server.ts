import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { Faults, send } from './faults.js';
import { Logins } from './logins.js';
import { Refused, type Reply } from './reply.js';
import { ROOT, Tokens } from './tokens.js';
import { TransitEngine } from './transit-engine.js';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type NodeState =
  'active' | 'standby' | 'performance-standby' | 'redirecting' | 'sealed' | 'uninitialised';

type Fields = Readonly<Record<string, unknown>>;

const HEALTH: Readonly<Record<NodeState, number>> = {
  active: 200,
  standby: 429,
  'performance-standby': 473,
  redirecting: 429,
  sealed: 503,
  uninitialised: 501,
};

/** A Vault on loopback that speaks Vault's HTTP, as far as KKP uses it and tests administer it. */
export class FakeVault {
  readonly faults = new Faults();
  readonly transit = new TransitEngine();
  readonly seen: Seen[] = [];
  readonly rootToken = 'hvs.root';
  readonly tokens: Tokens;
  readonly logins: Logins;
  state: NodeState = 'active';
  /** Requests over this many to transit are over quota; undefined: no quota. */
  quota: { left: number; retryAfter?: string } | undefined;
  /** Where a redirecting standby sends its callers. */
  leader = 'https://active.invalid:8200';
  #hung = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  private constructor(now: () => number) {
    this.tokens = new Tokens(now);
    this.logins = new Logins(this.tokens);
    this.tokens.issue({ policy: ROOT }, this.rootToken);
  }

  static async start(now: () => number = Date.now): Promise<FakeVault> {
    const vault = new FakeVault(now);
    await new Promise<void>((resolve) => vault.#server.listen(0, '127.0.0.1', resolve));
    return vault;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Answers nothing until the returned function is called. */
  hang(): () => void {
    this.#hung += 1;
    return () => {
      this.#hung -= 1;
      for (const go of this.#waiting.splice(0)) go();
    };
  }

  async stop(): Promise<void> {
    this.faults.stop();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    const { method = '', url = '', headers } = request;
    const body = await text(request).catch(() => '');
    this.seen.push({ method, path: url.replace(/^\/v1\//, ''), headers, body });
    if (this.#hung > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const reply = this.#answer(method, url, headers, body);
    const fault = this.faults.take(url);
    if (fault) this.faults.spoil(fault, response, reply);
    else send(response, reply);
  }

  /** Texts of refusals: RespondError, sdk/logical/response_util.go. */
  #answer(method: string, url: string, headers: IncomingMessage['headers'], body: string): Reply {
    try {
      const [path = '', query = ''] = url.replace(/^\/v1\//, '').split('?');
      const fields = body === '' ? {} : (JSON.parse(body) as Fields);
      return this.#route(method, path, query, headers, fields);
    } catch (error) {
      if (error instanceof Refused) {
        return { status: error.status, headers: error.headers, body: { errors: error.errors } };
      }
      throw error;
    }
  }

  #route(
    method: string,
    path: string,
    query: string,
    headers: IncomingMessage['headers'],
    fields: Fields,
  ): Reply {
    if (path === 'sys/health') return this.#health(new URLSearchParams(query));
    // vault.ErrSealed, sdk/helper/consts/error.go; respondStandby, http/handler.go. A standby that forwards answers as usual.
    if (this.state === 'sealed' || this.state === 'uninitialised')
      throw new Refused(503, ['Vault is sealed']);
    if (this.state === 'redirecting')
      return { status: 307, headers: { location: `${this.leader}/v1/${path}` } };
    this.#countQuota(path);
    if (path === 'auth/approle/login') return this.logins.appRole(fields);
    if (path === 'auth/kubernetes/login') return this.logins.kubernetes(fields);
    const token = this.tokens.find(headers['x-vault-token'] as string | undefined);
    const [mount, call = '', name = '', more = ''] = path.split('/');
    if (path === 'auth/token/lookup-self') {
      this.tokens.allow(token, path, 'read');
      return this.tokens.lookUpSelf(token);
    }
    if (path === 'auth/token/renew-self' || path === 'sys/capabilities-self') {
      this.tokens.allow(token, path, 'update');
      const paths = fields.paths as string[] | undefined;
      return paths ? this.tokens.capabilitiesSelf(token, paths) : this.tokens.renewSelf(token);
    }
    if (mount !== 'transit') {
      // Router.RouteExistenceCheck and route, vault/router.go. Policies are checked first: only root gets to see it.
      this.tokens.allow(token, path, method === 'GET' ? 'read' : 'update');
      throw new Refused(404, [`no handler for route "${path}". route entry not found.`]);
    }
    return this.#transitCall(method, [call, name, more], path, fields, token);
  }

  #transitCall(
    method: string,
    [call, name, more]: readonly [string, string, string],
    path: string,
    fields: Fields,
    token: ReturnType<Tokens['find']>,
  ): Reply {
    const allow = (capability: string) => this.tokens.allow(token, path, capability);
    const { transit } = this;
    switch (`${method} ${call}${more && `/${more}`}`) {
      case 'POST encrypt': {
        // The existence check turns an update into a create before policies are asked (vault/request_handling.go).
        const create = !transit.has(name);
        allow(create ? 'create' : 'update');
        return transit.encrypt(name, fields, create);
      }
      case 'POST decrypt':
        allow('update');
        return transit.decrypt(name, fields);
      case 'GET keys':
        allow('read');
        return transit.read(name);
      case 'POST keys':
        allow('update');
        return transit.create(name, fields);
      case 'DELETE keys':
        allow('delete');
        return transit.delete(name);
      case 'DELETE keys/soft-delete':
        allow('delete');
        return transit.softDelete(name, true);
      case 'POST keys/rotate':
        allow('update');
        return transit.rotate(name);
      case 'POST keys/config':
        allow('update');
        return transit.configure(name, fields);
      case 'POST config':
        allow('update');
        return transit.configureKeys(fields);
      default:
        throw new Refused(404, ['1 error occurred:\n\t* unsupported path\n\n']);
    }
  }

  /** hitRateLimitQuota, http/util.go: Retry-After only where the response headers are switched on. */
  #countQuota(path: string): void {
    if (!this.quota) return;
    this.quota.left -= 1;
    if (this.quota.left >= 0) return;
    const headers = this.quota.retryAfter === undefined ? {} : { 'retry-after': this.quota.retryAfter };
    throw new Refused(429, [`request path "${path}": rate limit quota exceeded`], headers);
  }

  /** getSysHealth, http/sys_health.go. */
  #health(query: URLSearchParams): Reply {
    const { state } = this;
    const standby = state === 'standby' || state === 'redirecting';
    const forgiven =
      (standby && query.get('standbyok') === 'true') ||
      (state === 'performance-standby' && query.get('perfstandbyok') === 'true');
    const body = {
      initialized: state !== 'uninitialised',
      sealed: state === 'sealed' || state === 'uninitialised',
      standby,
      performance_standby: state === 'performance-standby',
      version: '1.21.4',
    };
    return { status: forgiven ? 200 : HEALTH[state], body };
  }
}
