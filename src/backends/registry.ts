import type { Host, KmsBackend, KmsHealth, KmsPlugin } from 'kkp-plugin-kit';
import type { Clock } from '../clock.js';
import { KkpError } from '../errors.js';
import type { Random } from '../random.js';
import type { CallEvent } from './calls.js';
import { withDeadline } from './deadline.js';
import { HealthCache } from './health-cache.js';
import { checkMethods, checkPlugins } from './plugin-checks.js';
import { PortableBackend } from './portable.js';

export interface RegistryOptions {
  /** Longest wait for one call, in milliseconds. Default 10,000. */
  readonly callTimeoutMs?: number;
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
  private readonly callTimeoutMs: number;
  private readonly openTimeoutMs: number;
  private isOpen = false;
  private closing: Promise<void> | undefined;

  /**
   * Creates the backends: no I/O.
   *
   * @throws Error that says which plugin is wrong and what is allowed
   */
  constructor(
    plugins: readonly KmsPlugin[],
    options: RegistryOptions,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly log: Host['log'],
    private readonly onCall: (event: CallEvent) => void = () => undefined,
  ) {
    checkPlugins(plugins);
    this.callTimeoutMs = options.callTimeoutMs ?? 10_000;
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

  /** Health of each backend by name, at most `healthTtlMs` old. Never rejects. */
  health(): Promise<Record<string, KmsHealth>> {
    return this.isOpen ? this.healthCache.get() : this.probe();
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
    const { clock, random, onCall, callTimeoutMs } = this;
    const log: Host['log'] = (level, message, fields) =>
      this.log(level, message, { ...fields, backend: name });
    try {
      const backend = checkMethods(plugin.create({ clock, random, log }));
      const isOpen = () => this.isOpen;
      const options = { callTimeoutMs, clock, random, onCall, isOpen };
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
    const limits = { timeoutMs: this.callTimeoutMs, clock: this.clock, context: { requestId: 'close' } };
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

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
