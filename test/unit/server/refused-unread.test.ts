import { RefusedUnread } from '../../../src/server/observe.js';

describe('requests that are refused unread', () => {
  it('are told together after a while, method by method, and not told when there are none', () => {
    const told: unknown[] = [];
    const timers: (() => void)[] = [];
    const refused = new RefusedUnread(
      (...what) => told.push(what),
      (run) => timers.push(run),
    );
    const wait = () => timers.splice(0).forEach((run) => run());
    for (let count = 0; count < 1000; count++) refused.add('POST');
    refused.add('PUT');
    expect([told, timers.length]).toEqual([[], 1]);
    wait();
    expect(timers).toEqual([]);
    refused.add('POST');
    wait();
    expect(told).toEqual([
      ['POST', 1000],
      ['PUT', 1],
      ['POST', 1],
    ]);
  });
});
