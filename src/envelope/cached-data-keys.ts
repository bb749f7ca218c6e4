import { hash } from 'node:crypto';
import { isKmsError, type KeyPin, type KmsErrorCode } from 'kkp-plugin-kit';
import { LRUCache } from 'lru-cache';
import { unlessGone, type PortableBackend } from '../backends/index.js';
import type { CallContext } from '../call-context.js';
import type { Clock } from '../clock.js';
import { SingleFlight } from '../single-flight.js';
import type { DataKeyScope, NewDataKey } from './data-key.js';
import type { DataKeyLimits } from './data-key-limits.js';
import { encodeRecord, type DataKeyRecord } from './data-key-record.js';
import type { DataKeySource } from './data-key-source.js';
import { HeldKeys, type Eviction } from './held-keys.js';

/** What the key service says of a key that must not be used any more. */
const REFUSED: readonly KmsErrorCode[] = ['disabled-key', 'not-found', 'access-denied'];

type Direction = 'encrypt' | 'decrypt';
/** A bypass is a message that may not share: its call has no partition, or it is larger than `maxBytes`. */
type LookUp = 'hit' | 'miss' | 'bypass';

export interface DataKeyCacheObserver {
  onLookUp?(event: { readonly direction: Direction; readonly result: LookUp }): void;
  onEviction?(event: { readonly direction: Direction; readonly reason: Eviction }): void;
}

/**
 * Uses a data key for several messages, so that a key service is called less often. A key is shared only by messages
 * of the same backend, key and key version, the same AAD (and so the same associated data) and the same partition.
 * Which version is the current one is learnt from the key service's own answers: one that names another key or version
 * ends the use of what was wrapped before.
 *
 * The price: a key that is disabled, or a right that is withdrawn, keeps working through the cache for `maxAgeSeconds`
 * at most, and the key service's log does not show each message.
 */
export class CachedDataKeys implements DataKeySource {
  private readonly wrapped: HeldKeys<NewDataKey>;
  private readonly opened: HeldKeys<{ readonly dataKey: Uint8Array }>;
  private readonly pins: LRUCache<string, KeyPin>;
  private readonly flights: SingleFlight<void>;

  constructor(
    private readonly fresh: DataKeySource,
    private readonly limits: DataKeyLimits,
    private readonly clock: Clock,
    private readonly observer: DataKeyCacheObserver = {},
  ) {
    const forgetting = (direction: Direction) => (reason: Eviction) =>
      observer.onEviction?.({ direction, reason });
    this.wrapped = new HeldKeys(limits, clock, forgetting('encrypt'));
    this.opened = new HeldKeys(limits, clock, forgetting('decrypt'));
    this.pins = new LRUCache({ max: limits.maxEntries });
    this.flights = new SingleFlight(clock);
  }

  /** How many data keys are held. */
  get sizes(): Readonly<Record<Direction, number>> {
    return { encrypt: this.wrapped.size, decrypt: this.opened.size };
  }

  async forEncryption(
    backend: PortableBackend,
    scope: DataKeyScope,
    bytes: number,
    call: CallContext,
  ): Promise<NewDataKey> {
    const ask = () => this.fresh.forEncryption(backend, scope, bytes, call);
    if (call.partition === undefined || bytes > this.limits.maxBytes) return this.bypass('encrypt', ask);
    const owner = idOf(backend.name, scope.keyId);
    const share = [owner, digest(scope.aad.bytes), call.partition];
    const take = () => this.wrapped.take(idOf(...share, this.pins.get(owner)), bytes);
    const fill = async () => {
      const at = this.clock.now();
      const made = await this.newKey(backend, scope, call.requestId, owner);
      this.learn(owner, made.key);
      this.wrapped.put(idOf(...share, made.key), made, owner, at);
    };
    return this.share('encrypt', idOf('encrypt', ...share), { take, fill, ask }, call);
  }

  async forDecryption(
    backend: PortableBackend,
    scope: DataKeyScope,
    record: DataKeyRecord,
    call: CallContext,
  ): Promise<Uint8Array> {
    const open = (context: CallContext) => this.fresh.forDecryption(backend, scope, record, context);
    const ask = async () => ({ dataKey: await open(call) });
    if (call.partition === undefined) return (await this.bypass('decrypt', ask)).dataKey;
    const owner = idOf(backend.name, scope.keyId);
    // The record's bytes hold the version, the algorithm and the blob.
    const id = idOf(owner, digest(encodeRecord(record)), digest(scope.aad.bytes), call.partition);
    const take = () => this.opened.take(id, 0);
    const fill = async () => {
      const at = this.clock.now();
      this.opened.put(id, { dataKey: await open({ requestId: call.requestId }) }, owner, at);
    };
    return (await this.share('decrypt', idOf('decrypt', id), { take, fill, ask }, call)).dataKey;
  }

  close(): void {
    this.wrapped.close();
    this.opened.close();
  }

  private bypass<T>(direction: Direction, ask: () => Promise<T>): Promise<T> {
    this.observer.onLookUp?.({ direction, result: 'bypass' });
    return ask();
  }

  /**
   * What is held, or what one call of the key service brings for all who want it. That call is nobody's own: it goes on
   * for the others when one goes. Whoever finds it used up by the others asks for themselves.
   */
  private async share<T>(
    direction: Direction,
    flight: string,
    steps: { take: () => T | undefined; fill: () => Promise<void>; ask: () => Promise<T> },
    call: CallContext,
  ): Promise<T> {
    const note = (result: LookUp) => this.observer.onLookUp?.({ direction, result });
    const held = steps.take();
    if (held) {
      note('hit');
      return held;
    }
    let result: LookUp = 'hit';
    const start = () => {
      result = 'miss';
      return steps.fill();
    };
    await unlessGone(call, () => this.flights.run(flight, start));
    const shared = steps.take();
    note(shared ? result : 'miss');
    return shared ?? (await steps.ask());
  }

  private async newKey(
    backend: PortableBackend,
    scope: DataKeyScope,
    requestId: string,
    owner: string,
  ): Promise<NewDataKey> {
    try {
      return await this.fresh.forEncryption(backend, scope, 0, { requestId });
    } catch (error) {
      // Not after a failed decryption: there an envelope, which anybody can make, may name a version that is gone.
      if (isKmsError(error) && REFUSED.includes(error.code)) this.forget(owner, 'key-refused');
      throw error;
    }
  }

  private learn(owner: string, pin: KeyPin): void {
    const known = this.pins.get(owner);
    this.pins.set(owner, pin);
    const changed = known && (known.keyId !== pin.keyId || known.version !== pin.version);
    if (changed) this.wrapped.forget(owner, 'key-changed');
  }

  private forget(owner: string, reason: Eviction): void {
    this.wrapped.forget(owner, reason);
    this.opened.forget(owner, reason);
  }
}

const digest = (bytes: Uint8Array): string => hash('sha256', bytes, 'base64url');

/** One text for several parts, and another for any others: JSON keeps them apart. Hashed, so that all are short. */
const idOf = (...parts: readonly (string | KeyPin | undefined)[]): string =>
  digest(
    Buffer.from(
      JSON.stringify(parts.map((part) => (typeof part === 'object' ? [part.keyId, part.version] : part))),
    ),
  );
