const PREFIX = 'KKP_';
const MOST_EDITS = [1, 2] as const;

/**
 * Faults of variables whose names are almost a known one. Others that begin with `KKP_` are let through: Kubernetes sets
 * `KKP_SERVICE_HOST`, `KKP_PORT_8080_TCP` and their like for a service named `kkp`.
 */
export function misspeltVariables(
  env: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): string[] {
  return Object.keys(env)
    .filter((name) => env[name] !== undefined && name.startsWith(PREFIX) && !known.includes(name))
    .flatMap((name) => {
      const [near] = MOST_EDITS.flatMap((edits) => known.filter((other) => isWithin(edits, name, other)));
      return near === undefined ? [] : [`${name}: no such variable. Did you mean ${near}?`];
    });
}

/** Whether one name becomes the other by changing, adding or leaving out at most `edits` letters. */
function isWithin(edits: number, one: string, other: string): boolean {
  let same = 0;
  while (same < one.length && one[same] === other[same]) same++;
  const [a, b] = [one.slice(same), other.slice(same)];
  if (a === b) return true;
  if (edits === 0) return false;
  return (
    isWithin(edits - 1, a.slice(1), b.slice(1)) ||
    isWithin(edits - 1, a.slice(1), b) ||
    isWithin(edits - 1, a, b.slice(1))
  );
}
