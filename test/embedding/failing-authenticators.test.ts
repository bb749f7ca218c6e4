import memory from 'kkp-plugin-memory';
import { KkpError } from '../../src/errors.js';
import { KkpModule, type KkpModuleOptions } from '../../src/index.js';
import { GRANT, send } from '../support/server.js';
import { PLATFORMS, schedule, startHost } from './host.js';

const failing = (failure: Error, log: KkpModuleOptions['log']): KkpModuleOptions => ({
  backends: [memory({ name: 'aws', emulates: 'aws' })],
  callers: [{ authenticate: () => Promise.reject(failure) }],
  ...(log && { log }),
});

describe.each(PLATFORMS)('an authenticator that fails on %s', (_name, platform) => {
  it('is an answer of 500 that the log explains', async () => {
    const logged: unknown[][] = [];
    const failure = new TypeError('fetch failed');
    const options = failing(failure, (...line) => logged.push(line));
    const { app, url } = await startHost(platform, [schedule(), KkpModule.forRoot(options)]);
    const { status, body } = await send(url, 'POST', '/token', GRANT);
    expect([status, body.error]).toEqual([500, 'internal_error']);
    expect(logged.filter(([, message]) => message === 'request failed')).toEqual([
      ['error', 'request failed', expect.objectContaining({ code: 'internal_error', error: failure })],
    ]);
    await app.close();
  });

  it('says when to come back, where it knows', async () => {
    const failure = new KkpError('unavailable', 'Busy.', { retryAfterSeconds: 7 });
    const options = failing(failure, () => undefined);
    const { app, url } = await startHost(platform, [schedule(), KkpModule.forRoot(options)]);
    const { status, headers } = await send(url, 'POST', '/token', GRANT);
    expect([status, headers.get('retry-after')]).toEqual([503, '7']);
    await app.close();
  });
});
