import type { WrappedKey } from 'kkp-plugin-kit';
import type { LocalKeyStore } from '../src/key-store.js';
import type { BeforeStep } from './support/sim-disk.js';
import { diskWithStore, openStoreOn, PLAINTEXT, refusal, Server } from './support/sim-store.js';

type Change = (store: LocalKeyStore) => Promise<unknown>;

const rotate: Change = (store) => store.rotate('orders');
const disable: Change = (store) => store.disable('orders');

/** Runs `first`, with the whole of `second` by another process before one of its steps: each step in turn. */
async function interleaved(
  first: Change,
  second: Change,
  check: (outcome: { server: Server; outcomes: readonly string[] }) => Promise<void>,
): Promise<void> {
  const base = await diskWithStore();
  for (let at = 0; ; at += 1) {
    const disk = base.copy();
    const others: string[] = [];
    const other: BeforeStep = async (step) => {
      if (step === at) others.push(await refusal(openStoreOn(disk.process()).then(second)));
    };
    const outcome = await refusal(openStoreOn(disk.process(other)).then(first));
    if (others.length === 0) return;
    await check({ server: await Server.open(disk.process()), outcomes: [outcome, ...others] });
  }
}

describe('two processes that change a key at the same time', () => {
  it('never undo each other: what was acknowledged to either stands', async () => {
    const seen = new Set<string>();
    await interleaved(rotate, disable, async ({ server, outcomes }) => {
      const { state, key } = await server.describe();
      seen.add(`${outcomes.join()} ${state} ${key.version}`);
      expect(outcomes[1]).toBe('none');
      expect(state).toBe('disabled');
      if (outcomes[0] === 'none') expect(key.version).toBe('3');
    });
    // The other came before, in the middle of it, or after it.
    expect([...seen].sort()).toEqual([
      'none,none disabled 3',
      'unavailable conflict,none disabled 2',
      'unavailable conflict,none disabled 3',
    ]);
  });

  it('never give one number to two versions', async () => {
    const versions = new Set<string | undefined>();
    await interleaved(rotate, rotate, async ({ server, outcomes }) => {
      const { version } = (await server.describe()).key;
      versions.add(version);
      const acknowledged = outcomes.filter((outcome) => outcome === 'none').length;
      expect(Number(version)).toBeGreaterThanOrEqual(2 + acknowledged);
      expect((await server.unwrap(await server.wrap())).plaintext).toEqual(PLAINTEXT);
    });
    expect([...versions].sort()).toEqual(['3', '4']);
  });

  it('lose no blob that a server made between them', async () => {
    const base = await diskWithStore();
    for (let at = 0; ; at += 1) {
      const disk = base.copy();
      const server = await Server.open(disk.process());
      const made: WrappedKey[] = [];
      const meanwhile: BeforeStep = async (step) => {
        if (step !== at) return;
        await refusal(openStoreOn(disk.process()).then(rotate));
        made.push(await server.wrap());
      };
      await refusal(openStoreOn(disk.process(meanwhile)).then(rotate));
      for (const blob of made) expect((await server.unwrap(blob)).plaintext).toEqual(PLAINTEXT);
      if (made.length === 0) return;
    }
  });

  it('make a name into a key only once', async () => {
    const create: Change = (store) => store.createKey('invoices');
    await interleaved(create, create, async ({ server, outcomes }) => {
      expect(outcomes.filter((outcome) => outcome === 'none')).toHaveLength(1);
      expect((await server.describe('invoices')).key.version).toBe('1');
    });
  });
});
