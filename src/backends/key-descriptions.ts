import { isKmsError, type Call, type KeyDescription, type KmsError } from 'kkp-plugin-kit';
import { LRUCache } from 'lru-cache';
import { ageOf, type Clock } from '../clock.js';
import { SingleFlight } from '../single-flight.js';
import { untilAborted } from './calls/deadline.js';

/** Longest that a description serves: a provider may allow 300 reads a minute in all (GCP's default quota). */
const KNOWN_FOR_MS = 5 * 60 * 1000;
/** Longest that a key counts as missing; it may be made any moment. */
const MISSING_FOR_MS = 5 * 1000;
const MOST_KEYS = 1000;

interface Known {
  /** When the key service was asked. */
  readonly at: number;
  readonly answer: Readonly<KeyDescription> | KmsError;
}

interface DescriptionSource {
  /** Asks the key service. */
  ask(ref: string, requestId: string): Promise<KeyDescription>;
  onLookup(result: 'hit' | 'miss'): void;
}

/** What the key service said of keys, for minutes; of a missing key for seconds; of no other failure. */
export class KeyDescriptions {
  private readonly known = new LRUCache<string, Known>({ max: MOST_KEYS });
  private readonly flights: SingleFlight<KeyDescription>;

  constructor(
    private readonly source: DescriptionSource,
    private readonly clock: Clock,
  ) {
    this.flights = new SingleFlight(clock);
  }

  /** @param maxAgeMs how old the answer may be; 0 asks now */
  async get(ref: string, call: Call, maxAgeMs = KNOWN_FOR_MS): Promise<KeyDescription> {
    const known = this.recent(ref, maxAgeMs);
    if (known) {
      this.source.onLookup('hit');
      if (isKmsError(known)) throw known;
      return known;
    }
    let result: 'hit' | 'miss' = 'hit';
    const start = () => {
      result = 'miss';
      return this.ask(ref, call.requestId);
    };
    // Who goes leaves the others their answer.
    const flight = this.flights.run(ref, start, maxAgeMs);
    this.source.onLookup(result);
    return await untilAborted(call.signal, () => flight);
  }

  /**
   * Whether an answer comes from the key that was asked for. A key that was asked for by its canonical id answers with
   * the same id. For an alias the provider is asked which key it stands for; never the blob.
   */
  async isSameKey(asked: string, answered: string, call: Call): Promise<boolean> {
    if (asked === answered) return true;
    const { key } = await this.get(asked, call);
    if (key.keyId === answered) return true;
    // The alias may have moved since: what is known can only confirm, not refuse.
    return (await this.get(asked, call, 0)).key.keyId === answered;
  }

  private recent(ref: string, maxAgeMs: number): Known['answer'] | undefined {
    const known = this.known.get(ref);
    if (!known) return undefined;
    const longest = isKmsError(known.answer) ? MISSING_FOR_MS : KNOWN_FOR_MS;
    return ageOf(known.at, this.clock) < Math.min(maxAgeMs, longest) ? known.answer : undefined;
  }

  private async ask(ref: string, requestId: string): Promise<KeyDescription> {
    const at = this.clock.now();
    try {
      const described = await this.source.ask(ref, requestId);
      const answer = Object.freeze({ ...described, key: Object.freeze(described.key) });
      this.remember(ref, { at, answer });
      return answer;
    } catch (error) {
      // A key that was there and cannot be described now may still be there: only its absence is news.
      if (isKmsError(error) && error.code === 'not-found') this.remember(ref, { at, answer: error });
      throw error;
    }
  }

  /** Answers may come in another order than the questions: the newer question counts. */
  private remember(ref: string, latest: Known): void {
    const known = this.known.get(ref);
    if (known && known.at > latest.at && known.at <= this.clock.now()) return;
    this.known.set(ref, latest);
  }
}
