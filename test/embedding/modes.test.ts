import type { KmsPlugin } from 'kkp-plugin-kit';
import memory from 'kkp-plugin-memory';
import { KkpModule, type Authenticator, type KkpModuleOptions } from '../../src/index.js';
import { alteredPlugin } from '../support/altered-plugin.js';
import { PLATFORMS, schedule, startHost } from './host.js';

const ANONYMOUS = /NODE_ENV is production, and no authenticator is configured: .*allowAnonymous: true/;
const MEMORY = /backends\[1\]: NODE_ENV is production, and this backend keeps its keys in memory/;
const WARNING = /^CALLERS ARE NOT AUTHENTICATED/;

const inMemory = memory({ name: 'dev', emulates: 'aws' });
/** One that does not say that its keys are in memory. */
const elsewhere: KmsPlugin = { ...memory({ name: 'eu', emulates: 'aws' }), kind: 'vault' };
const callers: Authenticator[] = [{ authenticate: () => Promise.resolve(undefined) }];

/** The warnings of a start that worked. */
async function start(more: Partial<KkpModuleOptions & { http: boolean }> = {}): Promise<string[]> {
  const warnings: string[] = [];
  const log: KkpModuleOptions['log'] = (level, message) => {
    if (level === 'warn') warnings.push(message);
  };
  const kkp = KkpModule.forRoot({ backends: [elsewhere], log, ...more });
  const { app } = await startHost(PLATFORMS[0][1], [schedule(), kkp]);
  await app.close();
  return warnings;
}

describe('an embedded KkpModule in production', () => {
  const before = process.env.NODE_ENV;
  beforeEach(() => (process.env.NODE_ENV = 'production'));
  afterEach(() => (process.env.NODE_ENV = before));

  it.each<[string, Partial<KkpModuleOptions>]>([
    ['no authenticator', {}],
    ['an empty list of authenticators', { callers: [] }],
    ['a plain no', { allowAnonymous: false }],
    ['what is not true itself', { allowAnonymous: 'true' as never }],
  ])('does not start with %s', async (_what, options) => {
    await expect(start(options)).rejects.toThrow(ANONYMOUS);
  });

  it('does not start with keys in memory, whoever is allowed to ask', async () => {
    const backends = [elsewhere, inMemory];
    await expect(start({ backends, callers })).rejects.toThrow(MEMORY);
    await expect(start({ backends, allowAnonymous: true })).rejects.toThrow(MEMORY);
    await expect(start({ backends, http: false })).rejects.toThrow(MEMORY);
  });

  it('says all that is wrong at once, and opens no backend', async () => {
    let opened = false;
    const watched = alteredPlugin(elsewhere, () => ({ open: () => ((opened = true), Promise.resolve()) }));
    const starting = start({ backends: [watched, inMemory] });
    await expect(starting).rejects.toThrow(ANONYMOUS);
    await expect(starting).rejects.toThrow(MEMORY);
    expect(opened).toBe(false);
  });

  it('starts with authenticators, and warns of nothing', async () => {
    expect(await start({ callers })).toEqual([]);
  });

  it('starts for anonymous callers when the host says so, and still warns', async () => {
    expect(await start({ allowAnonymous: true })).toEqual([expect.stringMatching(WARNING)]);
  });

  it('starts without routes: nobody but its host can ask', async () => {
    expect(await start({ http: false })).toEqual([]);
  });
});

describe('an embedded KkpModule anywhere else', () => {
  it('starts for anonymous callers with keys in memory, and warns', async () => {
    expect(await start({ backends: [inMemory] })).toEqual([expect.stringMatching(WARNING)]);
  });
});
