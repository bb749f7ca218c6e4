import type { HostBuiltin } from './builtin.js';
import { arrayOperand, stringOperand } from './operands.js';

/**
 * The part of OPA's sprintf that messages and names are made with: `%s` of strings, `%d` of integers, `%v` of
 * strings, integers, booleans and null, and `%%`. Everything else (widths, fractions, arrays, too few or too many
 * values) is undefined here, where OPA would answer with some text.
 */
export const sprintf: HostBuiltin = ([format, values]) => {
  const rest = arrayOperand(values);
  const text = stringOperand(format).replace(/%(.?)/gsu, (_, verb: string) =>
    verb === '%' ? '%' : formatted(verb, rest.shift()),
  );
  if (rest.length > 0) {
    throw new RangeError('too many values');
  }
  return text;
};

function formatted(verb: string, value: unknown): string {
  if (typeof value === 'string' && (verb === 's' || verb === 'v')) {
    return value;
  }
  if (Number.isSafeInteger(value) && (verb === 'd' || verb === 'v')) {
    return String(value);
  }
  if ((typeof value === 'boolean' || value === null) && (verb === 's' || verb === 'v')) {
    return String(value);
  }
  throw new TypeError('a verb or value that is not supported');
}
