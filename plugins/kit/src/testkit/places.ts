const EVERY_BYTE_UP_TO = 256;
const PLACES_BEYOND = 32;

/** Every index of a short blob; first, last and some evenly between of a long one, to spare a real service. */
export function placesIn(length: number): readonly number[] {
  const count = length <= EVERY_BYTE_UP_TO ? length : PLACES_BEYOND;
  return Array.from({ length: count }, (_, step) =>
    Math.round((step * (length - 1)) / Math.max(1, count - 1)),
  );
}
