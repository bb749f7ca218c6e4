import type { PolicyEngine } from '../../../src/policy/engine.js';
import { PolicyHolder } from '../../../src/policy/holder.js';
import { compileCases, inputWith, loadCase } from '../../support/policy/cases.js';

let open: PolicyEngine;
let closed: PolicyEngine;

beforeAll(async () => {
  const wasm = await compileCases(['careless', 'listed']);
  open = await loadCase(wasm, 'careless');
  closed = await loadCase(wasm, 'listed', { data: { cases_lists: { allowed: [] } } });
});

/** A loader whose answers the test gives, in the order it likes. */
function loader() {
  const waiting: PromiseWithResolvers[] = [];
  const load = (): Promise<PolicyEngine> =>
    new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  return { waiting, load };
}

interface PromiseWithResolvers {
  resolve: (engine: PolicyEngine) => void;
  reject: (error: Error) => void;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const input = inputWith({});

describe('a reload', () => {
  it('that fails says so and leaves the old policy serving', async () => {
    const holder = new PolicyHolder(() => Promise.reject(new Error('bad policy')), closed);
    await expect(holder.reload()).rejects.toThrow('bad policy');
    expect(holder.current).toBe(closed);
    expect(holder.decide(input)).toEqual({ allowed: false, revision: closed.revision });
  });

  it('whose loader throws at once leaves the old policy serving', async () => {
    const holder = new PolicyHolder(() => {
      throw new Error('no loader');
    }, closed);
    await expect(holder.reload()).rejects.toThrow('no loader');
    expect(holder.current).toBe(closed);
  });

  it('leaves the old policy serving until the new one is whole', async () => {
    const { load, waiting } = loader();
    const holder = new PolicyHolder(load, closed);
    const reloaded = holder.reload();
    await turn();
    expect(holder.decide(input).allowed).toBe(false);
    waiting[0]!.resolve(open);
    await reloaded;
    expect(holder.decide(input)).toEqual({ allowed: true, revision: open.revision });
  });

  it('does not let an earlier one that is slow undo a later one', async () => {
    const { load, waiting } = loader();
    const holder = new PolicyHolder(load, open);
    const earlier = holder.reload();
    const later = holder.reload();
    await turn();
    expect(waiting).toHaveLength(1);
    waiting[0]!.resolve(open);
    await earlier;
    await turn();
    waiting[1]!.resolve(closed);
    await later;
    expect(holder.current).toBe(closed);
  });

  it('works after one that failed', async () => {
    const { load, waiting } = loader();
    const holder = new PolicyHolder(load, closed);
    const failed = holder.reload();
    const worked = holder.reload();
    await turn();
    waiting[0]!.reject(new Error('bad policy'));
    await expect(failed).rejects.toThrow('bad policy');
    await turn();
    waiting[1]!.resolve(open);
    await worked;
    expect(holder.current).toBe(open);
  });

  it('never mixes two policies: each decision is one of them, whole', async () => {
    let next = open;
    const holder = new PolicyHolder(() => Promise.resolve((next = next === open ? closed : open)), open);
    const seen = new Set<string>();
    for (let round = 0; round < 200; round += 1) {
      const reloaded = holder.reload();
      for (let call = 0; call < 5; call += 1) {
        const { allowed, revision } = holder.decide(input);
        expect(allowed).toBe(revision === open.revision);
        seen.add(revision);
        await Promise.resolve();
      }
      await reloaded;
    }
    expect(seen.size).toBe(2);
  });
});
