import { once } from 'node:events';
import autocannon from 'autocannon';
import { cpuSeconds } from './process-usage.js';
import { send, type Route } from './routes.js';
import type { RunningServer } from './server-process.js';
import { percentile } from './statistics.js';

/** What one load has shown. */
export interface Measurement {
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  /** Milliseconds. */
  readonly p99: number;
  /** Processor microseconds of the server for a request; NaN where there is no /proc. */
  readonly cpuMicros: number;
}

/**
 * Loads one route of one server.
 *
 * @throws Error when the route does not do its work, or any answer under load is not 2xx
 */
export async function load(
  { pid, url, kind }: RunningServer,
  route: Route,
  { connections, duration }: { readonly connections: number; readonly duration: number },
): Promise<Measurement> {
  const { method, path } = route;
  const body = await route.body(url);
  if (!route.isRight(await send(url, method, path, body))) {
    throw new Error(`${method} ${path} of ${kind.name} does not answer what it should.`);
  }
  const cpuBefore = cpuSeconds(pid);
  const { result, latencies } = await cannonade({
    url: url + path,
    method,
    connections,
    duration,
    sampleInt: 100,
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
  });
  const failed = result.non2xx + result.errors + result.timeouts;
  if (failed > 0 || latencies.length === 0) {
    throw new Error(`${method} ${path} of ${kind.name}: ${failed} failures, ${latencies.length} answers.`);
  }
  return {
    requestsPerSecond: latencies.length / result.duration,
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
    cpuMicros: ((cpuSeconds(pid) - cpuBefore) / latencies.length) * 1e6,
  };
}

/** Latencies in milliseconds are collected here: autocannon's own histogram knows whole milliseconds only. */
async function cannonade(options: autocannon.Options) {
  const latencies: number[] = [];
  const instance = autocannon(options, () => undefined);
  instance.on('response', (_client, _status, _bytes, milliseconds) => latencies.push(milliseconds));
  const [result] = (await once(instance, 'done')) as [autocannon.Result];
  return { result, latencies };
}
