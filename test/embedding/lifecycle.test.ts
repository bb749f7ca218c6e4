import memory from 'kkp-plugin-memory';
import { KkpModule, MemoryKeyStore, type KkpModuleOptions } from '../../src/index.js';
import { alteredPlugin } from '../support/altered-plugin.js';
import { PLATFORMS, schedule, startHost } from './host.js';

const fastify = PLATFORMS[0][1];

/** A backend that writes down when it is opened and closed. */
function recorded(): { events: string[]; options: KkpModuleOptions } {
  const events: string[] = [];
  const plugin = alteredPlugin(memory({ name: 'aws', emulates: 'aws' }), (backend) => ({
    open: async (call) => {
      await backend.open(call);
      events.push('open');
    },
    close: async () => {
      events.push('close');
      await backend.close();
    },
  }));
  return { events, options: { backends: [plugin], log: () => undefined } };
}

describe('the backends of an embedded KKP', () => {
  it('open before the application listens, and close once, when it has shut down', async () => {
    const { events, options } = recorded();
    const { app } = await startHost(fastify, [schedule(), KkpModule.forRoot(options)]);
    expect(events).toEqual(['open']);
    await app.close();
    expect(events).toEqual(['open', 'close']);
  });

  it('are not opened at all when a start must fail for want of a schedule', async () => {
    const { events, options } = recorded();
    await expect(startHost(fastify, [KkpModule.forRoot(options)])).rejects.toThrow(/ScheduleModule/);
    expect(events).toEqual([]);
  });

  it('are closed again when the signing keys cannot be had', async () => {
    const { events, options } = recorded();
    class BrokenStore extends MemoryKeyStore {
      override load(): Promise<never> {
        return Promise.reject(new Error('no store'));
      }
    }
    const module = KkpModule.forRoot({ ...options, keys: { store: new BrokenStore() } });
    await expect(startHost(fastify, [schedule(), module])).rejects.toThrow('no store');
    expect(events).toEqual(['open', 'close']);
  });
});
