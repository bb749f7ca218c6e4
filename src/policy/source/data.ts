import { posix } from 'node:path';
import { isJsonObject } from '../../strict-json.js';
import { jsonOf, type PolicyFiles } from './files.js';

type Document = Record<string, unknown>;

/** What OPA would read as data and KKP does not. */
const UNREAD = ['data.yaml', 'data.yml'];

/**
 * The document `data`: every `data.json`, each at the place its folder names, as in an OPA bundle.
 * @throws Error when a file is not JSON, the top one is not an object, or two give one place a value
 */
export function mergeData(files: PolicyFiles): Document {
  const root = emptyDocument();
  for (const [name, bytes] of files) {
    if (UNREAD.includes(posix.basename(name))) {
      throw new Error(`${name} is not read: data belongs in data.json`);
    }
    if (posix.basename(name) === 'data.json') {
      const folder = posix.dirname(name);
      place(root, folder === '.' ? [] : folder.split('/'), jsonOf(name, bytes), name);
    }
  }
  return root;
}

function place(root: Document, path: readonly string[], value: unknown, name: string): void {
  const nested = path.reduceRight<unknown>(
    (inner, key) => Object.assign(emptyDocument(), { [key]: inner }),
    value,
  );
  if (!isJsonObject(nested)) {
    throw new Error(`${name} is not a JSON object`);
  }
  merge(root, nested, name);
}

function merge(into: Document, from: Document, name: string): Document {
  for (const [key, value] of Object.entries(from)) {
    const there = into[key];
    if (there === undefined) {
      into[key] = isJsonObject(value) ? merge(emptyDocument(), value, name) : value;
    } else if (isJsonObject(there) && isJsonObject(value)) {
      merge(there, value, name);
    } else {
      throw new Error(`${name} gives ${key} a value, and another data.json has given it one`);
    }
  }
  return into;
}

/** Without a prototype: a key such as __proto__ is a key like any other. */
const emptyDocument = (): Document => Object.create(null) as Document;
