import type { IncomingMessage, ServerResponse } from 'node:http';
import { WaitingLine } from '../../../src/server/waiting-line.js';

const LIMIT_MS = 100;

/** A line whose time and turns of the event loop are made by hand. */
class Bench {
  now = 5_000;
  readonly events: string[] = [];
  readonly #turns: (() => void)[] = [];
  readonly line: WaitingLine;
  readonly #sockets = new Map<string, { destroyed: boolean }>();

  constructor(limitMs = LIMIT_MS) {
    const note = (what: string) => (request: IncomingMessage) => this.events.push(`${request.url} ${what}`);
    this.line = new WaitingLine(limitMs, note('begun'), note('refused'), {
      now: () => this.now,
      nextTurn: (run) => this.#turns.push(run),
    });
  }

  come(name: string, method = 'POST'): void {
    const socket = { destroyed: false };
    this.#sockets.set(name, socket);
    this.line.take({ url: name, method, socket } as unknown as IncomingMessage, {} as ServerResponse);
  }

  leave(name: string): void {
    this.#sockets.get(name)!.destroyed = true;
  }

  /** One turn of the loop: what was asked for until now, and not what that asks for. */
  turn(): void {
    for (const run of this.#turns.splice(0)) run();
  }

  get isIdle(): boolean {
    return this.#turns.length === 0;
  }
}

describe('a request', () => {
  it('is refused when it has waited longer than it may, and one that is as old is not', () => {
    const bench = new Bench();
    for (const name of ['a', 'b', 'c']) bench.come(name);
    bench.turn();
    bench.now += LIMIT_MS;
    bench.turn();
    bench.now += 1;
    bench.turn();
    expect(bench.events).toEqual(['a begun', 'b begun', 'c refused']);
    expect(bench.isIdle).toBe(true);
  });

  it('is refused at once behind one that has waited longer than it may, until that is out of the line', () => {
    const bench = new Bench();
    bench.come('old');
    bench.now += LIMIT_MS + 1;
    bench.come('new');
    expect(bench.events).toEqual(['new refused']);
    bench.turn();
    bench.come('newer');
    bench.turn();
    expect(bench.events).toEqual(['new refused', 'old refused', 'newer begun']);
  });

  it('is not begun when its client has gone, and is refused for the record', () => {
    const bench = new Bench();
    for (const name of ['a', 'b', 'c']) bench.come(name);
    bench.leave('b');
    for (let turns = 0; turns < 3; turns++) bench.turn();
    expect(bench.events).toEqual(['a begun', 'b refused', 'c begun']);
  });

  it('is begun one a turn of the event loop, in the order in which they came', () => {
    const bench = new Bench();
    for (const name of ['a', 'b']) bench.come(name);
    expect(bench.events).toEqual([]);
    bench.turn();
    expect(bench.events).toEqual(['a begun']);
    bench.come('c');
    bench.turn();
    expect(bench.events).toEqual(['a begun', 'b begun']);
    bench.turn();
    expect(bench.events).toEqual(['a begun', 'b begun', 'c begun']);
    expect(bench.isIdle).toBe(true);
  });

  it.each(['GET', 'HEAD'])('waits for none with %s, and is never refused', (method) => {
    const bench = new Bench();
    bench.come('a');
    bench.now += 10 * LIMIT_MS;
    bench.come('keys', method);
    expect(bench.events).toEqual(['keys begun']);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'get', undefined])('waits with %s', (method) => {
    const bench = new Bench();
    bench.come('a', method);
    expect(bench.events).toEqual([]);
    bench.turn();
    expect(bench.events).toEqual(['a begun']);
  });

  it('waits without an end where 0 is the limit', () => {
    const bench = new Bench(0);
    bench.come('a');
    bench.now += 1e9;
    bench.come('b');
    bench.turn();
    bench.turn();
    expect(bench.events).toEqual(['a begun', 'b begun']);
  });
});
