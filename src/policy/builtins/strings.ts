import type { HostBuiltin } from './builtin.js';
import { stringsOperand } from './operands.js';

/** Whether any of the strings begins with any of the prefixes. */
export const anyPrefixMatch: HostBuiltin = ([strings, prefixes]) => {
  const starts = stringsOperand(prefixes);
  return stringsOperand(strings).some((text) => starts.some((start) => text.startsWith(start)));
};

/** Whether any of the strings ends with any of the suffixes. */
export const anySuffixMatch: HostBuiltin = ([strings, suffixes]) => {
  const ends = stringsOperand(suffixes);
  return stringsOperand(strings).some((text) => ends.some((end) => text.endsWith(end)));
};
