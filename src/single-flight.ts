import type { Clock } from './clock.js';

/** Lets those who want the same thing at the same time share the work. */
export class SingleFlight<T> {
  private readonly flights = new Map<string, { promise: Promise<T>; startedAt: number }>();

  constructor(private readonly clock: Clock) {}

  /** The outcome for `key` that is under way, when it began at most `maxAgeMs` ago; else of `start`. */
  run(key: string, start: () => Promise<T>, maxAgeMs = Infinity): Promise<T> {
    const startedAt = this.clock.now();
    const underWay = this.flights.get(key);
    if (underWay && startedAt - underWay.startedAt <= maxAgeMs) return underWay.promise;
    const flight = { promise: start(), startedAt };
    const land = () => {
      if (this.flights.get(key) === flight) this.flights.delete(key);
    };
    this.flights.set(key, flight);
    flight.promise.then(land, land);
    return flight.promise;
  }
}
