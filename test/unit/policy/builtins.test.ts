import { hostBuiltinNames, hostBuiltins } from '../../../src/policy/builtins/index.js';
import { evalPolicy, type EvalAnswer } from '../../../src/policy/compiler/index.js';
import { CALLS, NARROWER, NOW_NS, type BuiltinCall } from '../../support/policy/builtin-cases.js';

interface Compared {
  call: string;
  value: unknown;
}

const shown = ([name, ...operands]: BuiltinCall): string => `${name}(${operands.join(', ')})`;

/** Through json.unmarshal the types of the operands are not known to OPA's compiler, and numbers stay as they are. */
const query = ([name, ...operands]: BuiltinCall): string =>
  `${name}(${operands.map((json) => `json.unmarshal(${JSON.stringify(json)})`).join(', ')})`;

/** The JSON text of KKP's answer, or nothing where the call is undefined. */
function kkp([name, ...operands]: BuiltinCall): string | undefined {
  try {
    const answer = hostBuiltins[name]!(operands, { nowNs: NOW_NS });
    return typeof answer === 'bigint' ? String(answer) : JSON.stringify(answer);
  } catch {
    return undefined;
  }
}

const parsed = (json: string | undefined): unknown =>
  json === undefined || /^-?\d{16,}$/.test(json) ? json : (JSON.parse(json) as unknown);

const compared = (call: BuiltinCall, json: string | undefined): Compared => ({
  call: shown(call),
  value: parsed(json),
});

let answers: readonly EvalAnswer[];

beforeAll(async () => {
  const cases = [...CALLS, ...NARROWER].map((call) => ({ query: query(call), nowNs: NOW_NS }));
  answers = await evalPolicy({ files: {}, cases });
});

describe('the builtins of the host', () => {
  it('were all asked of OPA, which understood every question', () => {
    expect(answers.map(({ error }) => error).filter((error) => error !== '')).toEqual([]);
    expect(new Set(CALLS.map(([name]) => name))).toEqual(new Set(hostBuiltinNames));
  });

  it.each(hostBuiltinNames)('%s answers as OPA does', (name) => {
    const asked = CALLS.map((call, index) => ({ call, answer: answers[index]! })).filter(
      ({ call }) => call[0] === name,
    );
    expect(asked.map(({ call }) => compared(call, kkp(call)))).toEqual(
      asked.map(({ call, answer }) => compared(call, answer.values[0])),
    );
  });

  it.each(NARROWER.map((call, index) => [shown(call), call, CALLS.length + index] as const))(
    '%s is undefined here, and not in OPA',
    (_, call, index) => {
      expect(kkp(call)).toBeUndefined();
      expect(answers[index]!.values).toHaveLength(1);
    },
  );

  it('remember a few time zones, and not every name that a caller may send', () => {
    const asked: unknown[] = [];
    const { DateTimeFormat } = Intl;
    try {
      Intl.DateTimeFormat = class extends DateTimeFormat {
        constructor(locale: string, options: Intl.DateTimeFormatOptions) {
          super(locale, options);
          asked.push(options.timeZone);
        }
      } as unknown as typeof DateTimeFormat;
      const ask = (zone: string) => kkp(['time.clock', `[0,"${zone}"]`]);
      expect([ask('Asia/Seoul'), ask('Asia/Seoul')]).toEqual(['[9,0,0]', '[9,0,0]']);
      expect(asked).toHaveLength(1);
      for (let hours = 0; hours <= 12; hours += 1) {
        ask(`Etc/GMT+${hours}`);
        ask(`ETC/GMT+${hours}`);
      }
      expect(ask('Asia/Seoul')).toBe('[9,0,0]');
      expect(asked.filter((zone) => zone === 'Asia/Seoul')).toHaveLength(2);
    } finally {
      Intl.DateTimeFormat = DateTimeFormat;
    }
  });
});
