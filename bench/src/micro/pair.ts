/** A piece of KKP, and the least that any implementation would have to do for the same result. */
export interface Pair {
  readonly name: string;
  readonly run: () => unknown;
  readonly floor: string;
  readonly runFloor: () => unknown;
}
