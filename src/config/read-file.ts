import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument, visit, type Document } from 'yaml';
import { classify, CONFIG_FILE_VARIABLE, inFile } from '../config-error.js';
import { isJsonObject } from '../strict-json.js';
import { SETTINGS, type Setting } from './settings.js';

/** What the parser finds, for those who cannot read its codes. Its own texts repeat the line, which may hold a secret. */
const WRONG: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'has an alias',
  DUPLICATE_KEY: 'names a member twice',
  MULTIPLE_DOCS: 'has a second document',
  TAG_RESOLVE_FAILED: 'has an unknown tag',
};

/** The object in the configuration file; empty, with the reason among `faults`, when it cannot be used. */
export function readConfigFile(path: string | undefined, faults: string[]): Record<string, unknown> {
  if (path === undefined) return {};
  const refuse = (what: string, allowed: string): Record<string, unknown> => {
    faults.push(`${CONFIG_FILE_VARIABLE}: ${what}. Allowed: ${allowed}.`);
    return {};
  };
  const { text, unreadable } = readText(path);
  if (unreadable !== undefined) return refuse(unreadable, 'the path of a JSON or YAML file');
  const { content, wrong } = parse(text);
  if (wrong !== undefined) {
    return refuse(wrong, 'one JSON or YAML document, without aliases and tags, each member named once');
  }
  if (!isJsonObject(content)) return refuse(`the file holds ${classify(content)}`, 'an object');
  faults.push(...unknownMembers(content));
  return content;
}

function readText(path: string): { text: string; unreadable?: string } {
  if (path === '') return { text: '', unreadable: `got ${classify(path)}` };
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const unreadable = code === 'ENOENT' ? 'no such file' : `the file cannot be read (${code})`;
    return { text: '', unreadable };
  }
}

/** YAML 1.2 contains JSON, so one parser reads both; nothing but what JSON can say is taken. */
function parse(text: string): { content?: unknown; wrong?: string } {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    logLevel: 'error',
    resolveKnownTags: false,
    schema: 'core',
  });
  const [first] = [...document.errors, ...document.warnings];
  const at = first?.pos[0] ?? firstAlias(document);
  if (at === undefined) return { content: document.toJS() };
  const what = WRONG[first?.code ?? 'BAD_ALIAS'] ?? 'is neither JSON nor YAML';
  return { wrong: `the file ${what} (line ${lineCounter.linePos(at).line})` };
}

function firstAlias(document: Document.Parsed): number | undefined {
  let at: number | undefined;
  visit(document, {
    Alias: (_key, { range }) => {
      at = range?.[0];
      return visit.BREAK;
    },
  });
  return at;
}

function unknownMembers(content: Record<string, unknown>): string[] {
  const known = Object.values(SETTINGS).map((setting: Setting<unknown>) => setting.file);
  const outermost = [...new Set(known.map((path) => path.replace(/\..*/, '')))];
  const noSetting = (path: string, allowed: readonly string[]): string[] =>
    allowed.includes(path) ? [] : [`${inFile(path)}: no such setting. Allowed: ${allowed.join(', ')}.`];
  return Object.entries(content).flatMap(([key, value]) => {
    const members = known.filter((path) => path.startsWith(`${key}.`));
    if (members.length === 0) return noSetting(key, outermost);
    if (isJsonObject(value)) {
      return Object.keys(value).flatMap((name) => noSetting(`${key}.${name}`, members));
    }
    const names = members.map((path) => path.slice(key.length + 1));
    return [`${inFile(key)}: got ${classify(value)}. Allowed: an object with ${names.join(', ')}.`];
  });
}
