import type { WrappedKey } from 'kkp-plugin-kit';
import { SERVICE_KINDS, SERVICES, type FaultyService } from '../support/services/index.js';
import { Connection, type Limits } from './connection.js';
import { OPERATIONS, outcomeOf, rowsOf, type Operation, type Row } from './fault-table.js';
import { pluginOf } from './plugin-of.js';

/** For faults that only the deadline ends. On a busy machine a healthy call may need more, so it gets some tries. */
const SHORT_MS = 400;
const TRIES = 10;
const LONG_MS = 10_000;
const FAILURES = 5;
const OPEN_MS = 5000;
/** Calls under fault. The retry budget holds for any run of a hundred. */
const CALLS = 100;
/** Requests that they may cost, as a multiple of what they cost without a fault. */
const MOST_LOAD = 1.1;
/** Never opens, so that each call is about the service and not about the calls before it. */
const NO_BREAKER = { breakerFailures: 10_000 };
const BREAKER = { breakerFailures: FAILURES, breakerOpenMs: OPEN_MS, retries: 0 };

describe.each(SERVICE_KINDS)('%s', (kind) => {
  let service: FaultyService;
  let wrapped: WrappedKey;
  /** Requests that a call costs without a fault, once all is known that is learned once. */
  let cost: number;
  let connection: Connection | undefined;

  beforeAll(async () => {
    service = await SERVICES[kind]();
    const at = await connect({ callTimeoutMs: LONG_MS });
    wrapped = (await at.prepare()).wrapped!;
    await at.attempt('unwrapKey');
    cost = await requestsOf(() => at.attempt('unwrapKey'));
    await at.close();
  });
  afterEach(async () => {
    await connection?.close();
    service.proxy.lift();
  });
  afterAll(() => service.stop());

  const connect = (limits: Limits) => Connection.open(pluginOf(service, 'test'), service.keyId, limits);
  const open = async (row: Row, limits: object): Promise<Connection> => {
    const callTimeoutMs = row.hangs ? SHORT_MS : LONG_MS;
    connection = await connect({ callTimeoutMs, concurrency: CALLS, ...limits });
    connection.wrapped = wrapped;
    await expectWorking(connection, row, 'unwrapKey');
    return connection;
  };
  const begin = ({ fault }: Row): void => {
    service.proxy.standing = typeof fault === 'function' ? fault(service) : fault;
  };
  const expectWorking = async (at: Connection, { hangs }: Row, operation: Operation) => {
    let ending = await at.attempt(operation);
    for (let tries = 1; hangs && ending !== 'ok' && tries < TRIES; tries++) {
      at.later(OPEN_MS);
      ending = await at.attempt(operation);
    }
    expect([operation, ending]).toEqual([operation, 'ok']);
  };
  const requestsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = service.proxy.requests;
    await work();
    return service.proxy.requests - before;
  };

  describe.each(rowsOf(kind))('under $name', (row) => {
    const expected = outcomeOf(row, kind, 'unwrapKey');
    const isOut = expected !== 'ok' && expected.kms === 'unavailable';

    it('each operation ends in time with the code of the table, and works when it is lifted', async () => {
      const at = await open(row, NO_BREAKER);
      begin(row);
      const endings = await Promise.all(OPERATIONS.map((operation) => at.attempt(operation)));
      expect(endings).toEqual(OPERATIONS.map((operation) => outcomeOf(row, kind, operation)));
      service.proxy.lift();
      for (const operation of OPERATIONS) await expectWorking(at, row, operation);
    });

    it('a hundred calls end in time with that code, and cost the service no more than 1.1 times as many', async () => {
      const at = await open(row, NO_BREAKER);
      begin(row);
      // What hangs hangs for all at once; what fails at once is retried while the calls before it earn retries.
      const atOnce = row.hangs ? CALLS : CALLS / 5;
      const endings: unknown[] = [];
      const spent = await requestsOf(async () => {
        while (endings.length < CALLS) {
          const calls = Array.from({ length: atOnce }, () => at.attempt('unwrapKey'));
          endings.push(...(await Promise.all(calls)));
        }
      });
      expect(endings).toEqual(endings.map(() => expected));
      expect(spent).toBeLessThanOrEqual(CALLS * cost * MOST_LOAD);
    });

    const then = isOut ? 'no more until its time has passed, then again' : 'the next one as well';
    it(`after five calls sends the service ${then}`, async () => {
      const at = await open(row, BREAKER);
      begin(row);
      const endings = await Promise.all(Array.from({ length: FAILURES }, () => at.attempt('unwrapKey')));
      expect(endings).toEqual(endings.map(() => expected));
      service.proxy.lift();
      // Whatever is sent to the service now succeeds.
      if (isOut) {
        const refused = { kms: 'unavailable', retryAfterMs: expect.any(Number) as number };
        expect(await at.attempt('unwrapKey')).toMatchObject(refused);
        at.later(OPEN_MS);
      }
      await expectWorking(at, row, 'unwrapKey');
    });
  });
});
