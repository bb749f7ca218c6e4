import type { KmsPlugin } from 'kkp-plugin-kit';
import {
  BackendRegistry,
  type BackendObserver,
  type CallEvent,
  type RegistryOptions,
} from '../../../src/backends/index.js';
import { fakePlugin, type FakeOptions } from './fake-backend.js';
import { FixedRandom } from './fixed-random.js';

export const CALL = { requestId: 'test' };

/** A clock that stands until it is moved. */
export class TestClock {
  time = 1_700_000_000_000;
  now(): number {
    return this.time;
  }
}

/** A registry with everything that it was lent. */
export function makeRegistry(plugins: readonly KmsPlugin[], options: RegistryOptions = {}, seed?: string) {
  const clock = new TestClock();
  const random = new FixedRandom(seed);
  const events: CallEvent[] = [];
  const logged: { level: string; message: string; fields: unknown }[] = [];
  const log = (level: string, message: string, fields?: unknown) => logged.push({ level, message, fields });
  const observer: BackendObserver = { onCall: (event: CallEvent) => events.push(event) };
  // One attempt a call, unless retries are what a test is about.
  const registry = new BackendRegistry(plugins, { retries: 0, ...options }, clock, random, log, observer);
  return { registry, clock, random, events, logged, observer };
}

/** One open fake named "eu", as the core sees it and from inside. */
export async function openFake(options: FakeOptions = {}, registryOptions: RegistryOptions = {}) {
  const plugin = fakePlugin('eu', options);
  const made = makeRegistry([plugin], registryOptions);
  await made.registry.open();
  const fake = plugin.created[0]!;
  return { ...made, fake, backend: made.registry.get('eu') };
}

/** A promise with its handles. */
export function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** A promise that never settles. */
export const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** What `run` throws; undefined when it does not. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
