import { isJsonObject } from '../strict-json.js';
import type { StoredRecord } from '../store/index.js';
import { idOf, type TimedRule } from './rules.js';

/** The members of each kind, in the order of the wire. */
const SHAPES: readonly Readonly<Record<string, 'text' | 'time'>>[] = [
  { jti: 'text', expires_at: 'time' },
  { subject: 'text', issued_until: 'time', expires_at: 'time' },
  { backend: 'text', key_id: 'text', issued_until: 'time', expires_at: 'time' },
  { kid: 'text', expires_at: 'time' },
  { before: 'time', expires_at: 'time' },
];

const toRecord = (rule: TimedRule): StoredRecord => ({
  id: idOf(rule),
  value: JSON.stringify(rule),
  neededUntil: rule.expires_at,
});

/** @throws Error for what is no rule: to pass over one could bring a token back to life */
function fromRecord({ value }: StoredRecord): TimedRule {
  const rule: unknown = JSON.parse(value);
  if (isJsonObject(rule) && SHAPES.some((shape) => fits(rule, shape))) return rule as unknown as TimedRule;
  throw new Error('The store holds a revocation that this version of KKP cannot read.');
}

function fits(rule: Record<string, unknown>, shape: (typeof SHAPES)[number]): boolean {
  const members = Object.entries(shape);
  return (
    Object.keys(rule).length === members.length &&
    members.every(([name, type]) =>
      type === 'text' ? typeof rule[name] === 'string' : Number.isSafeInteger(rule[name]),
    )
  );
}

export const storedRule = { toRecord, fromRecord };
