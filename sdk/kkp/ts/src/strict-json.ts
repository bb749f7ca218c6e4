/** The text is not JSON within the rules of `parseStrictJson`. The message holds nothing of it. */
export class StrictJsonError extends Error {
  override readonly name = 'StrictJsonError';
}

export type JsonObject = Record<string, unknown>;

const STRING_OR_PUNCTUATION = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether a text has no lone surrogates, in whose place UTF-8 has something else. */
export const isWellFormed = (text: string): boolean => !LONE_SURROGATE.test(text);

/**
 * Reads a JSON object (RFC 8259) more strictly than JSON.parse: valid UTF-8 without byte order mark, no member name twice
 * in one object, nesting up to `maxDepth` (the object itself is 1), no lone surrogates, no number that overflows.
 */
export function parseStrictJson(bytes: Uint8Array, maxDepth = 32): JsonObject {
  let text: string;
  let value: unknown;
  try {
    // ignoreBOM keeps the mark in the text, where JSON.parse refuses it.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new StrictJsonError('not JSON in UTF-8');
  }
  checkStructure(text, maxDepth);
  checkValue(value);
  if (!isJsonObject(value)) throw new StrictJsonError('not a JSON object');
  return value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `text` is known to be JSON, so a string before a colon is a member name. */
function checkStructure(text: string, maxDepth: number): void {
  const open: Set<unknown>[] = [];
  let previous = '';
  for (const [token] of text.matchAll(STRING_OR_PUNCTUATION)) {
    if (token === '{' || token === '[') {
      open.push(new Set());
      if (open.length > maxDepth) throw new StrictJsonError('nested too deep');
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (token === ':') {
      const name: unknown = JSON.parse(previous);
      const names = open.at(-1);
      if (names?.has(name)) throw new StrictJsonError('a member name twice in one object');
      names?.add(name);
    }
    previous = token;
  }
}

function checkValue(value: unknown): void {
  if (typeof value === 'string') {
    if (!isWellFormed(value)) throw new StrictJsonError('a lone surrogate');
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new StrictJsonError('a number that overflows');
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      checkValue(name);
      checkValue(member);
    }
  }
}
