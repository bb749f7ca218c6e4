import type { Host, KmsBackend, KmsHealth, KmsPlugin } from 'kkp-plugin-kit';
import type { Clock } from '../clock.js';
import { KkpError } from '../errors.js';
import { checkLimits } from '../limits.js';
import type { Random } from '../random.js';
import type { CallsStatus } from './calls/backend-calls.js';
import { CALL_LIMITS, type CallLimits } from './calls/call-limits.js';
import { withDeadline } from './calls/deadline.js';
import type { BackendObserver } from './calls/observer.js';
import { HealthCache } from './health-cache.js';
import { checkMethods, checkPlugins } from './plugin-checks.js';
import { PortableBackend } from './portable.js';

export interface RegistryOptions extends Partial<CallLimits> {
  /** Longest wait for a backend to open, in milliseconds. Default 15,000. */
  readonly openTimeoutMs?: number;
  /** How long a health answer serves, in milliseconds. Default 10,000. */
  readonly healthTtlMs?: number;
}

interface Member {
  readonly backend: KmsBackend;
  readonly portable: PortableBackend;
}

/** Owns the backends of one KKP: opens all of them or none, hands them out by name, closes them last. */
export class BackendRegistry {
  private readonly members = new Map<string, Member>();
  private readonly healthCache: HealthCache;
  private readonly limits: CallLimits;
  private readonly openTimeoutMs: number;
  private isOpen = false;
  private closing: Promise<void> | undefined;

  /**
   * Creates the backends: no I/O.
   *
   * @throws Error that says which plugin is wrong and what is allowed; ConfigError for limits out of bounds
   */
  constructor(
    plugins: readonly KmsPlugin[],
    options: RegistryOptions,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly log: Host['log'],
    private readonly observer: BackendObserver = {},
  ) {
    checkPlugins(plugins);
    this.limits = checkLimits(CALL_LIMITS, options, 'kms');
    this.openTimeoutMs = options.openTimeoutMs ?? 15_000;
    this.healthCache = new HealthCache(() => this.probe(), options.healthTtlMs ?? 10_000, clock);
    for (const plugin of plugins) this.members.set(plugin.name, this.create(plugin));
  }

  /**
   * Opens all backends in parallel. When one fails, the others are stopped and all are closed.
   *
   * @throws Error that names the backend that failed
   */
  async open(): Promise<void> {
    const stop = new AbortController();
    try {
      await this.forEach((name, { backend }) => this.openOne(name, backend, stop.signal));
      this.isOpen = true;
    } catch (error) {
      stop.abort();
      await this.close();
      throw error;
    }
  }

  /** Closes every backend, whatever the others do. Idempotent; never rejects: a failure is logged. */
  close(): Promise<void> {
    this.isOpen = false;
    this.closing ??= this.forEach((name, { backend }) => this.closeOne(name, backend));
    return this.closing;
  }

  /**
   * Also before `open`, so that it can be injected; its calls fail as `unavailable` until then, and after `close`.
   *
   * @throws KkpError `kms_error` for a name that is not configured
   */
  get(name: string): PortableBackend {
    const member = this.members.get(name);
    if (!member) throw new KkpError('kms_error', 'No backend of that name is configured.');
    return member.portable;
  }

  names(): string[] {
    return [...this.members.keys()];
  }

  /**
   * Health of each backend by name: what its probe said at most `healthTtlMs` ago, and what its circuit breaker says
   * now. A backend whose breaker is open is down, whatever a probe says; one that is about to be tried again is
   * degraded, not down, or no request might come that tries it. Never rejects.
   */
  async health(): Promise<Record<string, KmsHealth>> {
    const probed = await (this.isOpen ? this.healthCache.get() : this.probe());
    return Object.fromEntries(
      [...this.members].flatMap(([name, { portable }]) => {
        const health = probed[name];
        return health ? [[name, judge(health, portable.status)]] : [];
      }),
    );
  }

  /** How the calls of each backend stand, by name. */
  status(): Record<string, CallsStatus> {
    return Object.fromEntries([...this.members].map(([name, { portable }]) => [name, portable.status]));
  }

  private async probe(): Promise<Record<string, KmsHealth>> {
    const health: Record<string, KmsHealth> = {};
    await this.forEach(async (name, { portable }) => {
      health[name] = await portable.health({ requestId: 'health' });
    });
    return health;
  }

  private create(plugin: KmsPlugin): Member {
    const { name } = plugin;
    const { clock, random, observer, limits } = this;
    const log: Host['log'] = (level, message, fields) =>
      this.log(level, message, { ...fields, backend: name });
    try {
      const backend = checkMethods(plugin.create({ clock, random, log }));
      const isOpen = () => this.isOpen;
      const options = { limits, clock, random, observer, isOpen };
      return { backend, portable: new PortableBackend(name, backend, options) };
    } catch (error) {
      throw new Error(`Backend "${name}" could not be created: ${messageOf(error)}`, { cause: error });
    }
  }

  private async openOne(name: string, backend: KmsBackend, signal: AbortSignal): Promise<void> {
    const context = { signal, requestId: 'open' };
    const limits = { timeoutMs: this.openTimeoutMs, clock: this.clock, context };
    try {
      // A backend that opens after it was given up on has been closed too early.
      await withDeadline(
        (call) => backend.open(call),
        limits,
        () => void this.closeOne(name, backend),
      );
    } catch (error) {
      throw new Error(`Backend "${name}" did not open: ${messageOf(error)}`, { cause: error });
    }
  }

  private async closeOne(name: string, backend: KmsBackend): Promise<void> {
    const limits = {
      timeoutMs: this.limits.callTimeoutMs,
      clock: this.clock,
      context: { requestId: 'close' },
    };
    try {
      await withDeadline(() => backend.close(), limits);
    } catch (error) {
      this.log('error', 'A backend did not close.', { backend: name, error: messageOf(error) });
    }
  }

  private async forEach(action: (name: string, member: Member) => Promise<void>): Promise<void> {
    await Promise.all([...this.members].map(([name, member]) => action(name, member)));
  }
}

function judge(health: KmsHealth, { breaker }: CallsStatus): KmsHealth {
  if (breaker === 'closed' || health.status === 'down') return health;
  return { ...health, status: breaker === 'open' ? 'down' : 'degraded', detail: 'unavailable' };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
