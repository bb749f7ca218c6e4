import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { isSeq, parseDocument, type Document } from 'yaml';
import type { ApiKeyEntry } from './entries.js';
import { readKeyFile } from './key-file.js';

/**
 * Adds a key to a file of keys, which need not be there yet. The file is replaced as a whole, with mode 0600, or not at all;
 * what is written beside it keeps two writers apart.
 *
 * @throws ConfigError when the file cannot be used as it is; Error with the code of the system, EEXIST for another writer
 */
export function addToFile(path: string, entry: ApiKeyEntry): void {
  const beside = `${path}.new`;
  const descriptor = openSync(beside, 'wx', 0o600);
  try {
    try {
      writeSync(descriptor, withEntry(path, entry));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    readKeyFile(beside);
    renameSync(beside, path);
  } catch (error) {
    unlinkSync(beside);
    throw error;
  }
}

function withEntry(path: string, entry: ApiKeyEntry): string {
  if (!existsSync(path)) return toText(parseDocument('[]'), entry, path);
  readKeyFile(path);
  return toText(parseDocument(readFileSync(path, 'utf8')), entry, path);
}

/** Keeps the comments of a YAML file. What is not JSON already is written in YAML's own style. */
function toText(document: Document.Parsed, entry: ApiKeyEntry, path: string): string {
  document.add(document.createNode(entry));
  if (path.endsWith('.json')) return `${JSON.stringify(document.toJS(), null, 2)}\n`;
  if (isSeq(document.contents)) document.contents.flow = false;
  return document.toString({ lineWidth: 0 });
}
