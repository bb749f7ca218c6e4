import { Connection, outcome } from './connection.js';
import { OPERATIONS, outcomeOf, ROWS, type Operation, type Row } from './fault-table.js';
import { SERVICE_KINDS, SERVICES, type FaultyService } from '../support/services/index.js';

/** For faults that only the deadline ends. A healthy call must fit in on a busy machine. */
const SHORT_MS = 400;
const LONG_MS = 10_000;
const MINUTE_MS = 60_000;
/** Calls under fault: in rounds, so that what is learned in one can serve the next. */
const ROUNDS = 2;
const CALLS_A_ROUND = 20;
/** Requests to the service that calls under fault may cost, as a multiple of what they cost without. */
const MOST_LOAD = 1.1;

/** How each operation ends, all at once. */
const outcomes = (at: Connection) =>
  Promise.all(
    OPERATIONS.map(async (operation) => [operation, outcome(await at.attempt(operation))] as const),
  );

describe.each(SERVICE_KINDS)('%s', (kind) => {
  let service: FaultyService;
  let connection: Connection | undefined;
  beforeAll(async () => {
    service = await SERVICES[kind]();
  });
  afterEach(async () => {
    await connection?.close();
    service.proxy.lift();
  });
  afterAll(() => service.stop());

  const open = async (row: Row): Promise<Connection> => {
    connection = new Connection(service, row.hangs ? SHORT_MS : LONG_MS);
    return await connection.open();
  };
  const begin = ({ fault }: Row): void => {
    service.proxy.standing = typeof fault === 'function' ? fault(service) : fault;
  };
  const requestsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = service.proxy.requests;
    await work();
    return service.proxy.requests - before;
  };

  describe.each(ROWS)('under $name', (row) => {
    it('each operation ends in time with the code of the table, and works again afterwards', async () => {
      const at = await open(row);
      begin(row);
      const expected = OPERATIONS.map((operation) => [operation, outcomeOf(row, kind, operation)]);
      expect(await outcomes(at)).toEqual(expected);
      service.proxy.lift();
      at.later(MINUTE_MS);
      expect(await outcomes(at)).toEqual(OPERATIONS.map((operation) => [operation, 'ok']));
    });

    it('many calls all end in time, load the service no more than calls without, and work again', async () => {
      const operation: Operation = 'unwrapKey';
      const at = await open(row);
      const cost = await requestsOf(() => at.attempt(operation));
      begin(row);
      const expected = outcomeOf(row, kind, operation);
      const spent = await requestsOf(async () => {
        for (let round = 0; round < ROUNDS; round++) {
          const endings = await Promise.all(
            Array.from({ length: CALLS_A_ROUND }, () => at.attempt(operation)),
          );
          expect(endings.map(outcome)).toEqual(endings.map(() => expected));
        }
      });
      expect(spent).toBeLessThanOrEqual(ROUNDS * CALLS_A_ROUND * cost * MOST_LOAD);
      service.proxy.lift();
      at.later(MINUTE_MS);
      expect(outcome(await at.attempt(operation))).toBe('ok');
    });
  });
});
