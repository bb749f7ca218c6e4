/** Levels of nesting, the outermost object included. */
export const MAX_DEPTH = 32;

export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Tokens of a text that JSON.parse has taken: strings, numbers, and what opens, closes or separates. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*|[{}[\],:]/g;
const LONE_SURROGATE = /\p{Surrogate}/u;
const INTEGER = /^-?[0-9]+$/;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface StrictJsonOptions {
  /** Refuse integers beyond 2^53 - 1 too, which JSON.parse would round to others without a word. Default false. */
  readonly exactIntegers?: boolean;
}

/**
 * The JSON object that the bytes spell, or undefined when readers could disagree about it: bytes that are not UTF-8,
 * a byte order mark, duplicate member names (RFC 7515 section 4), lone surrogates, numbers beyond a double (1e999),
 * more than 32 levels, or anything that RFC 8259 or an object does not allow.
 */
export function parseStrictJson(
  bytes: Uint8Array,
  options: StrictJsonOptions = {},
): Record<string, unknown> | undefined {
  const value = parseStrictValue(bytes, options);
  return isJsonObject(value) ? value : undefined;
}

/** As `parseStrictJson`, for a value of any type. */
export function parseStrictValue(bytes: Uint8Array, options: StrictJsonOptions = {}): unknown {
  try {
    const text = UTF8.decode(bytes);
    const value: unknown = JSON.parse(text);
    return isUnambiguous(text, options) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Member names seen so far in an object; undefined for an array. */
type Level = Set<string> | undefined;

/** Looks for what JSON.parse lets pass. `text` is known to be well-formed JSON. */
function isUnambiguous(text: string, { exactIntegers = false }: StrictJsonOptions): boolean {
  const levels: Level[] = [];
  let nameNext = false;
  for (const [token] of text.matchAll(TOKEN)) {
    switch (token.charAt(0)) {
      case '{':
      case '[':
        if (levels.push(token === '{' ? new Set() : undefined) > MAX_DEPTH) return false;
        nameNext = token === '{';
        break;
      case '}':
      case ']':
        levels.pop();
        nameNext = false;
        break;
      case ',':
        nameNext = levels.at(-1) !== undefined;
        break;
      case ':':
        nameNext = false;
        break;
      case '"':
        if (!isGoodString(token, nameNext ? levels.at(-1) : undefined)) return false;
        break;
      default:
        if (!Number.isFinite(Number(token))) return false;
        if (exactIntegers && INTEGER.test(token) && !Number.isSafeInteger(Number(token))) return false;
    }
  }
  return true;
}

/** Well-formed and, as a member name, new to its object. */
function isGoodString(literal: string, names: Level): boolean {
  const text = JSON.parse(literal) as string;
  if (LONE_SURROGATE.test(text) || names?.has(text)) return false;
  names?.add(text);
  return true;
}
