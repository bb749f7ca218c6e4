import { readFileSync } from 'node:fs';
import { classify, CONFIG_FILE_VARIABLE, inFile } from '../config-error.js';
import { isJsonObject } from '../strict-json.js';
import { parseStrictYaml, STRICT_YAML } from '../strict-yaml.js';
import type { Setting } from './setting.js';
import { SETTINGS } from './settings.js';

/** The object in the configuration file; empty, with the reason among `faults`, when it cannot be used. */
export function readConfigFile(path: string | undefined, faults: string[]): Record<string, unknown> {
  if (path === undefined) return {};
  const refuse = (what: string, allowed: string): Record<string, unknown> => {
    faults.push(`${CONFIG_FILE_VARIABLE}: ${what}. Allowed: ${allowed}.`);
    return {};
  };
  const { text, unreadable } = readText(path);
  if (unreadable !== undefined) return refuse(unreadable, 'the path of a JSON or YAML file');
  const { content, wrong } = parseStrictYaml(text);
  if (wrong !== undefined) return refuse(`the file ${wrong}`, STRICT_YAML);
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
