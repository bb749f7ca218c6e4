import { cpus, loadavg } from 'node:os';
import type { Measurement } from './load.js';
import type { Compared } from './rounds.js';
import { median } from './statistics.js';

/** A table in Markdown; all columns but the first are numbers. */
export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_name, column) => (column === 0 ? '---' : '--:'));
  return [head, rule, ...rows].map(line).join('\n');
}

export const digits = (value: number, places: number): string =>
  Number.isNaN(value) ? 'n/a' : value.toFixed(places);

/** No names of hosts or users: results are published. */
export function machine(): string {
  const [first] = cpus();
  const cores = `${cpus().length} cores, ${first?.model.trim() ?? 'unknown CPU'}`;
  const load = loadavg().map((value) => digits(value, 1));
  return `${cores}; Node ${process.version}; load average ${load.join(', ')}; ${new Date().toISOString()}`;
}

const HEAD = ['route', 'KKP req/s', 'bare req/s', 'KKP / bare', 'KKP p50', 'KKP p99', 'bare p50', 'bare p99'];

/** Medians of the rounds, with the least and the most of them where they say how steady the run was. */
export const loadTable = (compared: readonly Compared[]): string =>
  markdown(
    [...HEAD, 'KKP CPU', 'bare CPU'],
    compared.map(({ route, kkp, bare }) => {
      const ratios = kkp.map((one, round) => one.requestsPerSecond / bare[round]!.requestsPerSecond);
      const middle = (from: readonly Measurement[], name: keyof Measurement, places: number): string =>
        digits(median(from.map((one) => one[name])), places);
      return [
        `${route.method} ${route.path}`,
        spread(kkp),
        spread(bare),
        digits(median(ratios), 2),
        ...[kkp, bare].flatMap((one) => [middle(one, 'p50', 2), middle(one, 'p99', 2)]),
        ...[kkp, bare].map((one) => middle(one, 'cpuMicros', 0)),
      ];
    }),
  );

function spread(measurements: readonly Measurement[]): string {
  const rates = measurements.map(({ requestsPerSecond }) => requestsPerSecond);
  const [least, most] = [Math.min(...rates), Math.max(...rates)];
  return `${digits(median(rates), 0)} (${digits(least, 0)} to ${digits(most, 0)})`;
}
