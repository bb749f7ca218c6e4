import { hostBuiltins, type HostBuiltins } from '../../../src/policy/builtins/index.js';
import { PolicyHolder } from '../../../src/policy/holder.js';
import type { Decision, PolicyEngine, PolicyInput } from '../../../src/policy/index.js';
import { compileCases, loadCase, type CaseOptions } from '../../support/policy/cases.js';
import { withTrap } from '../../support/policy/trap.js';

type Action = PolicyInput['action'];

/** One of each; a new action does not compile until it is here. */
const ACTIONS = Object.keys({
  issue_token: true,
  exchange_token: true,
  encrypt: true,
  decrypt: true,
  rewrap: true,
  data_key: true,
  rotate_keys: true,
  revoke_tokens: true,
  introspect_token: true,
} satisfies Record<Action, true>) as Action[];

const KEY = { backend: 'aws', key_id: 'alias/app' };
const CLAIMS = { sub: 'svc', aud: 'reports', ...KEY };

/** An input with all that any action has, so that one rule can be asked for each. */
const inputFor = (action: Action, context: Record<string, unknown>): PolicyInput =>
  ({
    action,
    claims: CLAIMS,
    subject: { kind: 'token', claims: CLAIMS },
    request: { context, ...KEY, envelope: KEY, to: KEY, rule: { subject: 'svc' } },
    caller: { kind: 'anonymous' },
  }) as unknown as PolicyInput;

type Decide = (action: Action) => Promise<Decision>;

/** What is asked, and the same without the fault, which is allowed: so it is the fault that denies. */
interface Kind {
  name: string;
  faulty: () => Promise<Decide>;
  sound: () => Promise<Decide>;
  fault: RegExp | undefined;
}

let wasm: Uint8Array;
beforeAll(async () => {
  const rules = ['careless', 'trapped', 'weekday', 'careless_time', 'echo', 'conflict', 'heavy', 'listed'];
  wasm = await compileCases(rules);
});

const DATA = { cases_lists: { allowed: [KEY.key_id] } };

/** Decisions of one rule with one context. */
async function ask(
  rule: string,
  context: Record<string, unknown>,
  options: CaseOptions = {},
  module = wasm,
): Promise<Decide> {
  const engine = await loadCase(module, rule, options);
  return (action) => Promise.resolve(engine.decide(inputFor(action, context)));
}

/** Decisions of a rule whose builtin changes once it has been loaded. */
async function askWithout(name: string): Promise<Decide> {
  const builtins: Record<string, HostBuiltins[string]> = { ...hostBuiltins };
  const decide = await ask('careless_time', { ns: 'no number' }, { builtins });
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- it is gone
  delete builtins[name];
  return decide;
}

/**
 * Decisions while a policy that allows nothing gives way to the policies that `loads` give, one after the other: the one
 * before any has come in if that allows, else the one after the last.
 */
async function askDuringReloads(...loads: (() => Promise<PolicyEngine>)[]): Promise<Decide> {
  const old = await closed();
  return async (action) => {
    const next = loads.values();
    const holder = new PolicyHolder(() => next.next().value!(), old);
    const reloads = loads.map(() => holder.reload());
    const during = holder.decide(inputFor(action, {}));
    await Promise.allSettled(reloads);
    return during.allowed ? during : holder.decide(inputFor(action, {}));
  };
}

const open = () => loadCase(wasm, 'careless');
const closed = () => loadCase(wasm, 'listed');
const broken = () => loadCase(wasm.slice(0, -100), 'careless');

const later = (() => Promise.resolve('Monday')) as unknown as HostBuiltins[string];

const KINDS: Kind[] = [
  {
    name: 'an abort',
    faulty: () => ask('careless', { text: '\ud800' }),
    sound: () => ask('careless', { text: 'x' }),
    fault: /illegal string escape/,
  },
  {
    name: 'a trap',
    faulty: () => ask('trapped', { bomb: true }, {}, withTrap(wasm, 'g0.data.cases.explode')),
    sound: () => ask('trapped', {}, {}, withTrap(wasm, 'g0.data.cases.explode')),
    fault: /unreachable/,
  },
  {
    name: 'a builtin that is missing',
    faulty: () => askWithout('time.weekday'),
    sound: () => askWithout('time.date'),
    fault: /time\.weekday is missing/,
  },
  {
    name: 'a module that is broken',
    faulty: () => askDuringReloads(broken),
    sound: () => askDuringReloads(open),
    fault: undefined,
  },
  {
    name: 'an undefined decision',
    faulty: () => ask('echo', {}),
    sound: () => ask('echo', { value: true }),
    fault: undefined,
  },
  {
    name: 'rules that disagree',
    faulty: () => ask('conflict', { yes: true, no: true }),
    sound: () => ask('conflict', { yes: true }),
    fault: /conflict/,
  },
  {
    name: 'a decision of the wrong type',
    faulty: () => ask('echo', { value: 'true' }),
    sound: () => ask('echo', { value: true }),
    fault: /neither a boolean nor an object/,
  },
  {
    name: 'too little memory',
    faulty: () => ask('heavy', { count: 1_000_000 }),
    sound: () => ask('heavy', { count: 10 }),
    fault: /opa_malloc: failed/,
  },
  {
    name: 'an asynchronous builtin',
    faulty: () => ask('careless_time', { ns: 0 }, { builtins: { ...hostBuiltins, 'time.weekday': later } }),
    sound: () => ask('careless_time', { ns: 'no number' }),
    fault: /time\.weekday is asynchronous/,
  },
  {
    // An evaluation cannot be interrupted; how much it is given to work on is what bounds its time.
    name: 'an input over its limit',
    faulty: () => ask('careless', { text: 'x'.repeat(1_000) }, { maxInputBytes: 1_000 }),
    sound: () => ask('careless', { text: 'x'.repeat(100) }, { maxInputBytes: 1_000 }),
    fault: /longer than 1000 bytes/,
  },
  {
    name: 'empty data',
    faulty: () => ask('listed', {}, { data: {} }),
    sound: () => ask('listed', {}, { data: DATA }),
    fault: undefined,
  },
  {
    name: 'a race of reloads',
    faulty: () => askDuringReloads(open, closed),
    sound: () => askDuringReloads(closed, open),
    fault: undefined,
  },
];

it('there are 12 kinds of fault and 9 actions', () => {
  expect([KINDS.length, ACTIONS.length]).toEqual([12, 9]);
});

describe.each(KINDS)('$name', ({ faulty, sound, fault }) => {
  const all = async (make: () => Promise<Decide>): Promise<Decision[]> => {
    const decide = await make();
    return Promise.all(ACTIONS.map((action) => decide(action)));
  };

  it('denies every action', async () => {
    for (const { allowed, fault: found } of await all(faulty)) {
      expect(allowed).toBe(false);
      if (fault) expect(found).toMatch(fault);
      else expect(found).toBeUndefined();
    }
  });

  it('is what denies: without it every action is allowed', async () => {
    expect((await all(sound)).map(({ allowed }) => allowed)).toEqual(ACTIONS.map(() => true));
  });
});
