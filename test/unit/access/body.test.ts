import { FreeForm, Nested, NoMembers, parseBody, Text, Whole } from '../../../src/access/index.js';
import { KkpError } from '../../../src/errors.js';

class Inner {
  @Text({ maxLength: 4, description: '' })
  readonly name!: string;
}

class Body {
  @Text({ maxLength: 8, description: '' })
  readonly text!: string;

  @Whole({ optional: true, minimum: 1, description: '' })
  readonly count?: number;

  @FreeForm({ optional: true, description: '' })
  readonly free?: Record<string, unknown>;

  @Nested({ optional: true, type: () => Inner, description: '' })
  readonly inner?: Inner;
}

const refusal = (body: unknown, type: new () => object = Body): string => {
  try {
    parseBody(type, body);
  } catch (error) {
    expect(error).toBeInstanceOf(KkpError);
    expect(error).toMatchObject({ code: 'invalid_request' });
    return (error as KkpError).detail;
  }
  throw new Error('the body was taken');
};

describe('parseBody', () => {
  it('gives back what it was given, as an instance of its class', () => {
    const parsed = parseBody(Body, { text: 'a', count: 1, free: { x: [1] }, inner: { name: 'n' } });
    expect(parsed).toBeInstanceOf(Body);
    expect(parsed.inner).toBeInstanceOf(Inner);
    expect({ ...parsed, inner: { ...parsed.inner } }).toEqual({
      text: 'a',
      count: 1,
      free: { x: [1] },
      inner: { name: 'n' },
    });
  });

  it('hands free-form members on untouched, whatever their names', () => {
    const free = { constructor: 'a', toString: 1, nested: { constructor: { x: null } } };
    expect(parseBody(Body, { text: 'a', free }).free).toBe(free);
  });

  it.each([null, 7, 'text', true, [], [{ text: 'a' }]])('refuses %p', (body) => {
    expect(refusal(body)).toContain('JSON object');
  });

  it.each([
    ['a missing member', {}, 'text'],
    ['a member that is null', { text: null }, 'text'],
    ['an optional member that is null', { text: 'a', count: null }, 'count'],
    ['a number as text', { text: 7 }, 'text'],
    ['text that is too long', { text: 'x'.repeat(9) }, '8'],
    ['a number that is not whole', { text: 'a', count: 1.5 }, 'count'],
    ['a number as text for a number', { text: 'a', count: '1' }, 'count'],
    ['a list for an object', { text: 'a', free: [] }, 'free'],
    ['a fault further in', { text: 'a', inner: { name: 'too long' } }, 'inner.name'],
    ['a list of nested objects', { text: 'a', inner: [{ name: 'n' }] }, 'inner'],
    [
      'an unknown member',
      { text: 'a', other: 1 },
      'Member other is not a known member; there are text, count, free, inner.',
    ],
    [
      'an unknown member further in',
      { text: 'a', inner: { name: 'n', other: 1 } },
      'inner.other is not a known member; there are name.',
    ],
  ])('refuses %s and says where', (_name, body, text) => {
    expect(refusal(body)).toContain(text);
  });

  it('does not repeat a value, nor a name that is not printable', () => {
    expect(refusal({ text: 'secret-value-too-long' })).not.toContain('secret');
    expect(refusal({ text: 'a', 'secret name\n': 1 })).not.toContain('secret');
  });

  it('refuses a member named constructor, by which the rules of a class are found', () => {
    expect(refusal({ text: 'a', constructor: 'x' })).toContain('constructor is not a known member');
    expect(refusal({ text: 'a', inner: { name: 'n', constructor: {} } })).toContain('constructor');
  });

  it('refuses a member named __proto__ at any depth', () => {
    expect(refusal(JSON.parse('{"text":"a","__proto__":{}}'))).toContain('__proto__');
    expect(refusal(JSON.parse('{"text":"a","free":{"__proto__":{}}}'))).toContain('__proto__');
  });

  it.each(['\ud800', 'a\udfffb'])('refuses a lone surrogate anywhere', (bad) => {
    for (const body of [
      { text: bad },
      { text: 'a', free: { [bad]: 1 } },
      { text: 'a', free: { x: [[bad]] } },
    ]) {
      expect(refusal(body)).toContain('surrogate');
    }
  });

  it('takes 32 levels and refuses 33, and a hundred thousand without falling over', () => {
    const nested = (levels: number): object =>
      JSON.parse('{"x":'.repeat(levels - 1) + '{}' + '}'.repeat(levels - 1)) as object;
    expect(parseBody(Body, { text: 'a', free: nested(31) }).free).toBeDefined();
    expect(refusal({ text: 'a', free: nested(32) })).toContain('32');
    expect(
      refusal({ text: 'a', free: { x: JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown } }),
    ).toContain('32');
  });

  it('takes an absent or empty body where no members are wanted, and nothing else', () => {
    expect(parseBody(NoMembers, undefined)).toBeInstanceOf(NoMembers);
    expect(parseBody(NoMembers, {})).toBeInstanceOf(NoMembers);
    expect(refusal({ x: 1 }, NoMembers)).toContain('x is not a known member');
    expect(refusal(null, NoMembers)).toContain('JSON object');
  });
});
