import { KmsPluginConfigError } from 'kkp-plugin-kit';
import { memory, type MemoryOptions } from 'kkp-plugin-memory';

const NAME = { name: 'dev' };

describe('the options of memory', () => {
  it.each([
    ['emulates', { emulates: 'ibm' }],
    ['seed', { seed: '' }],
    ['seed', { seed: 's'.repeat(1025) }],
    ['seed', { seed: 7 }],
    ['createKeys', { createKeys: 'yes' }],
    ['keys', { keys: 'orders' }],
    ['keys', { keys: [1] }],
    ['keys', { keys: Array.from({ length: 10_001 }, (_, index) => `k${index}`) }],
    ['keys[1]', { keys: ['orders', 'alias/'] }],
    ['keys[0]', { emulates: 'gcp', keys: ['projects/p'] }],
    ['keys[0]', { emulates: 'azure', keys: [`https://vault.vault.azure.net/keys/k/${'0'.repeat(32)}`] }],
    ['region', { region: 'eu-west-1' }],
    ['name', { name: 'Prod' }],
  ])('are refused with %s at fault: %j', (path, options) => {
    expect(faultPaths({ ...NAME, ...options })).toEqual([path]);
  });

  it('are refused with all faults at once, and no value repeated', () => {
    const attempt = () => memory({ name: 'X!', seed: '', emulates: 's3cret', keys: ['s3cret/\n'] } as never);
    expect(attempt).toThrow(KmsPluginConfigError);
    expect(faultPaths({ name: 'X!', seed: '', emulates: 's3cret', keys: ['s3cret/\n'] })).toEqual([
      'name',
      'emulates',
      'seed',
      'keys[0]',
    ]);
    expect(attempt).not.toThrow(/s3cret|X!/);
  });

  it('need no more than a name', () => {
    expect(memory(NAME)).toMatchObject({ apiVersion: 1, kind: 'memory', name: 'dev' });
  });
});

function faultPaths(options: Record<string, unknown>): readonly string[] {
  try {
    memory(options as unknown as MemoryOptions);
  } catch (error) {
    if (error instanceof KmsPluginConfigError) return error.faults.map(({ path }) => path);
    throw error;
  }
  return [];
}
