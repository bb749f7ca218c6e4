import { KkpMetrics } from '../../src/metrics.js';

const scrape = async (metrics: KkpMetrics): Promise<string[]> =>
  (await metrics.registry.metrics()).split('\n');

describe('metrics of the calls to key services', () => {
  it('count attempts, refusals, retries and look-ups by backend', async () => {
    const metrics = new KkpMetrics();
    metrics.kms.call({ backend: 'eu', operation: 'wrapKey', code: 'ok', seconds: 0.2 });
    metrics.kms.call({ backend: 'eu', operation: 'wrapKey', code: 'ok', seconds: 0.2 });
    metrics.kms.refusal({ backend: 'eu', reason: 'queue-full' });
    metrics.kms.retry({ backend: 'eu', outcome: 'made' });
    metrics.kms.description({ backend: 'eu', result: 'hit' });
    expect(await scrape(metrics)).toEqual(
      expect.arrayContaining([
        'kkp_kms_calls_total{backend="eu",operation="wrapKey",code="ok"} 2',
        'kkp_kms_call_duration_seconds_count{backend="eu",operation="wrapKey"} 2',
        'kkp_kms_refused_total{backend="eu",reason="queue-full"} 1',
        'kkp_kms_retries_total{backend="eu",outcome="made"} 1',
        'kkp_kms_describe_cache_total{backend="eu",result="hit"} 1',
      ]),
    );
  });

  it('read breaker, calls and queue of each backend at each scrape', async () => {
    const metrics = new KkpMetrics();
    let queued = 5;
    metrics.kms.watch(() => ({
      a: { breaker: 'closed', inFlight: 0, queued: 0 },
      b: { breaker: 'half-open', inFlight: 1, queued: 0 },
      c: { breaker: 'open', inFlight: 2, queued },
    }));
    expect(await scrape(metrics)).toEqual(
      expect.arrayContaining([
        'kkp_kms_breaker_state{backend="a"} 0',
        'kkp_kms_breaker_state{backend="b"} 1',
        'kkp_kms_breaker_state{backend="c"} 2',
        'kkp_kms_in_flight{backend="c"} 2',
        'kkp_kms_queued{backend="c"} 5',
      ]),
    );
    queued = 6;
    expect(await scrape(metrics)).toContain('kkp_kms_queued{backend="c"} 6');
  });
});
