import { hostBuiltins } from '../../../src/policy/builtins/index.js';
import type { PolicyInput } from '../../../src/policy/input.js';
import { compileCases, inputWith, loadCase } from '../../support/policy/cases.js';
import { withTrap } from '../../support/policy/trap.js';

const RULES = [
  'echo',
  'conflict',
  'heavy',
  'listed',
  'careless',
  'inputless',
  'trapped',
  'now',
  'weekday',
  'careless_time',
  'prefixed',
  'mangled',
];
const LONE_SURROGATE = '\ud800';

let wasm: Uint8Array;

beforeAll(async () => {
  wasm = await compileCases(RULES);
});

const NO_FAULT = { allowed: false, revision: 'revision of echo' };

describe('a decision', () => {
  it.each<[string, unknown]>([
    ['"true"', 'true'],
    ['1', 1],
    ['{}', {}],
    ['null', null],
    ['[]', []],
    ['[true]', [true]],
    ['{"allow": "true"}', { allow: 'true' }],
    ['an object with an unknown member', { allow: true, limit: 1 }],
  ])('is no, with a fault, when the policy answers %s', async (_, value) => {
    const engine = await loadCase(wasm, 'echo');
    expect(engine.decide(inputWith({ value }))).toEqual({ ...NO_FAULT, fault: expect.any(String) });
  });

  it('is no, without a fault, when the policy answers false', async () => {
    const engine = await loadCase(wasm, 'echo');
    expect(engine.decide(inputWith({ value: false }))).toEqual(NO_FAULT);
  });

  it('is no, without a fault, when the policy answers nothing, as it does without a default', async () => {
    const engine = await loadCase(wasm, 'echo');
    expect(engine.decide(inputWith({ value: undefined }))).toEqual(NO_FAULT);
  });

  it('is yes when the policy answers true', async () => {
    const engine = await loadCase(wasm, 'echo');
    expect(engine.decide(inputWith({ value: true }))).toEqual({
      allowed: true,
      revision: 'revision of echo',
    });
  });

  it('carries limit, reason and obligations', async () => {
    const engine = await loadCase(wasm, 'echo');
    const value = {
      allow: true,
      max_ttl_seconds: 60,
      reason: 'grüße',
      obligations: { max_plaintext_bytes: 9 },
    };
    expect(engine.decide(inputWith({ value }))).toEqual({
      allowed: true,
      revision: 'revision of echo',
      maxTtlSeconds: 60,
      reason: 'grüße',
      obligations: { maxPlaintextBytes: 9 },
    });
  });

  it('depends on data, and is no without it', async () => {
    const listed = await loadCase(wasm, 'listed', { data: { cases_lists: { allowed: ['alias/app'] } } });
    const empty = await loadCase(wasm, 'listed');
    expect(listed.decide(inputWith({})).allowed).toBe(true);
    expect(empty.decide(inputWith({}))).toEqual({ allowed: false, revision: empty.revision });
  });
});

interface FaultCase {
  name: string;
  rule: string;
  bad: Record<string, unknown>;
  good: Record<string, unknown>;
  module?: () => Uint8Array;
  fault: RegExp;
}

const faults: FaultCase[] = [
  {
    name: 'a lone surrogate, which aborts the module',
    rule: 'careless',
    bad: { text: LONE_SURROGATE },
    good: { text: '\ud83d\ude00' },
    fault: /illegal string escape character/,
  },
  {
    name: 'complete rules that disagree',
    rule: 'conflict',
    bad: { yes: true, no: true },
    good: { yes: true },
    fault: /conflict/,
  },
  {
    name: 'more memory than allowed',
    rule: 'heavy',
    bad: { count: 1_000_000 },
    good: { count: 10 },
    fault: /opa_malloc: failed/,
  },
  {
    name: 'a trap of the module',
    rule: 'trapped',
    bad: { bomb: true },
    good: {},
    module: () => withTrap(wasm, 'g0.data.cases.explode'),
    fault: /unreachable/,
  },
  {
    name: 'an input nested too deep for the module',
    rule: 'careless',
    bad: { deep: JSON.parse('['.repeat(30_000) + ']'.repeat(30_000)) as unknown },
    good: { deep: [[]] },
    fault: /call stack/,
  },
];

describe.each(faults)('$name', ({ rule, bad, good, fault, module }) => {
  it('is a no with a fault', async () => {
    const engine = await loadCase(module?.() ?? wasm, rule);
    const decision = engine.decide(inputWith(bad));
    expect(decision.allowed).toBe(false);
    expect(decision.fault).toMatch(fault);
  });

  it('leaves the next decision right', async () => {
    const engine = await loadCase(module?.() ?? wasm, rule);
    engine.decide(inputWith(bad));
    expect(engine.decide(inputWith(good))).toEqual({ allowed: true, revision: `revision of ${rule}` });
  });
});

describe('an engine', () => {
  it('decides right after 3,000 aborted evaluations, more than one instance survives', async () => {
    const engine = await loadCase(wasm, 'listed', { data: { cases_lists: { allowed: ['alias/app'] } } });
    const bad = inputWith({ text: LONE_SURROGATE });
    for (let call = 0; call < 3_000; call += 1) {
      expect(engine.decide(bad).allowed).toBe(false);
    }
    for (let call = 0; call < 100; call += 1) {
      expect(engine.decide(inputWith({})).allowed).toBe(true);
    }
  });

  it('denies while no fresh instance can be made, and recovers by itself', async () => {
    const engine = await loadCase(wasm, 'echo');
    const { Instance } = WebAssembly;
    engine.decide(inputWith({ value: LONE_SURROGATE }));
    try {
      WebAssembly.Instance = function () {
        throw new RangeError('out of memory');
      } as unknown as typeof Instance;
      expect(engine.decide(inputWith({ value: true }))).toMatchObject({
        allowed: false,
        fault: 'the evaluation failed: out of memory',
      });
    } finally {
      WebAssembly.Instance = Instance;
    }
    expect(engine.decide(inputWith({ value: true })).allowed).toBe(true);
  });

  it('keeps one instance while nothing fails', async () => {
    const engine = await loadCase(wasm, 'echo');
    const { Instance } = WebAssembly;
    try {
      WebAssembly.Instance = undefined as unknown as typeof Instance;
      expect(engine.decide(inputWith({ value: true })).allowed).toBe(true);
      expect(engine.decide(inputWith({ value: 1 })).allowed).toBe(false);
      expect(engine.decide(inputWith({ value: true })).allowed).toBe(true);
    } finally {
      WebAssembly.Instance = Instance;
    }
  });

  it.each([
    ['a circular input', () => circular()],
    ['a bigint in the input', () => inputWith({ value: 1n })],
    ['no input', () => undefined as unknown as PolicyInput],
  ])('denies %s', async (_, make) => {
    const engine = await loadCase(wasm, 'inputless');
    expect(engine.decide(make())).toMatchObject({
      allowed: false,
      fault: expect.stringMatching(/^the input is not JSON/),
    });
  });

  it.each<[string, unknown, string]>([
    ['text', 'stopped', 'stopped'],
    ['a plain object', { message: 'stopped' }, 'stopped'],
    ['an error', new TypeError('stopped'), 'stopped'],
    ['nothing', undefined, 'unknown fault'],
    ['null', null, 'unknown fault'],
  ])('denies when %s is thrown, and recovers', async (_, thrown, text) => {
    let failing = false;
    const now = (): number => {
      if (failing) throw thrown;
      return 0;
    };
    const engine = await loadCase(wasm, 'careless', { clock: { now } });
    failing = true;
    expect(engine.decide(inputWith({}))).toMatchObject({
      allowed: false,
      fault: `the evaluation failed: ${text}`,
    });
    failing = false;
    expect(engine.decide(inputWith({})).allowed).toBe(true);
  });

  it('counts the bytes, not the characters, of an input', async () => {
    const input = inputWith({ text: 'ä'.repeat(100) });
    const bytes = Buffer.byteLength(JSON.stringify(input));
    const exact = await loadCase(wasm, 'careless', { maxInputBytes: bytes });
    const short = await loadCase(wasm, 'careless', { maxInputBytes: bytes - 1 });
    expect(exact.decide(input).allowed).toBe(true);
    expect(short.decide(input)).toMatchObject({
      allowed: false,
      fault: `the input is longer than ${bytes - 1} bytes`,
    });
  });

  it('sends the input whole, at every length around what small buffers share', async () => {
    const engine = await loadCase(wasm, 'echo');
    for (const length of [0, 1, 100, 4095, 4096, 8191, 8192, 8193, 60_000]) {
      const value = { allow: true, reason: 'x'.repeat(length) };
      expect(engine.decide(inputWith({ value })).reason).toHaveLength(length);
    }
  });

  it('does not print what a module aborts with', async () => {
    const engine = await loadCase(wasm, 'conflict');
    const { log } = console;
    const printed: unknown[] = [];
    try {
      console.log = (...args) => printed.push(args);
      engine.decide(inputWith({ yes: true, no: true }));
    } finally {
      console.log = log;
    }
    expect(printed).toEqual([]);
  });
});

describe('builtins of the host, seen from a policy', () => {
  const clock = { now: () => 1_700_000_000_123 };
  const failing = () => {
    throw new Error('no');
  };

  it('stand still in time during an evaluation, and are exact', async () => {
    let ticks = 1_700_000_000_123;
    const engine = await loadCase(wasm, 'now', { clock: { now: () => (ticks += 1) } });
    const [first, second] = JSON.parse(engine.decide(inputWith({})).reason!) as number[];
    expect(first).toBe(second);
    expect(String(first)).toBe('1700000000125000000');
  });

  it('are undefined when they fail, as in OPA: a rule that needs them does not hold', async () => {
    const engine = await loadCase(wasm, 'weekday', { clock });
    expect(engine.decide(inputWith({ ns: 'never' }))).toEqual({ allowed: false, revision: engine.revision });
  });

  it('do not use an instance up when they fail', async () => {
    const builtins = { ...hostBuiltins, 'time.weekday': failing };
    const engine = await loadCase(wasm, 'careless_time', { builtins });
    const { Instance } = WebAssembly;
    try {
      WebAssembly.Instance = undefined as unknown as typeof Instance;
      for (let call = 0; call < 100; call += 1) {
        expect(engine.decide(inputWith({ ns: 0 })).allowed).toBe(true);
      }
    } finally {
      WebAssembly.Instance = Instance;
    }
  });

  it('deny the evaluation when they are asynchronous', async () => {
    const later = (() => Promise.resolve('Monday')) as unknown as () => string;
    const engine = await loadCase(wasm, 'weekday', { builtins: { ...hostBuiltins, 'time.weekday': later } });
    expect(engine.decide(inputWith({ ns: 0 }))).toMatchObject({
      allowed: false,
      fault: 'the evaluation failed: the builtin time.weekday is asynchronous',
    });
  });

  it('are undefined for a string that is not UTF-8', async () => {
    const engine = await loadCase(wasm, 'mangled');
    expect(engine.decide(inputWith({}))).toEqual({ allowed: false, revision: engine.revision });
  });

  it('take sets', async () => {
    const engine = await loadCase(wasm, 'prefixed');
    expect(engine.decide(inputWith({ name: 'bcd' })).allowed).toBe(true);
    expect(engine.decide(inputWith({ name: 'cde' })).allowed).toBe(false);
  });
});

function circular(): PolicyInput {
  const context: Record<string, unknown> = {};
  context.self = context;
  return inputWith(context);
}
