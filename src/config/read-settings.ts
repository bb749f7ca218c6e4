import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { checkKeyTimes, withKeyDefaults } from '../keys/index.js';
import { isJsonObject } from '../strict-json.js';
import { SETTINGS, type Setting, type SettingName, type Settings } from './settings.js';
import { classify } from './value-kinds.js';

/** The one variable that is not a setting: the file with everything else. */
export const CONFIG_FILE_VARIABLE = 'KKP_CONFIG';

type Environment = Readonly<Record<string, string | undefined>>;

/** What could be read, and everything that was wrong with the rest. */
export interface SettingsReading {
  readonly values: Partial<Settings>;
  /** Sentences with the name, the class of the value and what is allowed; empty when `values` is complete. */
  readonly faults: readonly string[];
}

/** Reads the effective configuration: environment over file over default. Opens nothing but the file. */
export function readSettings(env: Environment): SettingsReading {
  const faults: string[] = [];
  const file = readFile(env[CONFIG_FILE_VARIABLE], faults);
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS) as [SettingName, Setting<unknown>][]) {
    const { raw, where } = locate(setting, env, file);
    const found = raw === undefined ? setting.fallback : raw;
    if (found === undefined) continue;
    values[name] = setting.kind.parse(found);
    if (values[name] === undefined) {
      faults.push(
        `${where}: got ${(setting.kind.classify ?? classify)(found)}. Allowed: ${setting.kind.allowed}.`,
      );
    }
  }
  faults.push(...timeFaults(values, locate(SETTINGS.tokenTtl, env, file)));
  return { values, faults };
}

/** The longest lifetime that a request for a token may ask for, in seconds. */
export const maxTokenTtl = (settings: Pick<Settings, 'keyTtl' | 'keyRotation' | 'tokenMaxTtl'>): number =>
  settings.tokenMaxTtl ?? settings.keyTtl - settings.keyRotation;

/** Faults of times that are each allowed but cannot keep the promise of the signing keys together. */
function timeFaults(values: { -readonly [K in keyof Settings]?: Settings[K] }, asked: Located): string[] {
  const { keyTtl, keyRotation, maxActiveKeys, tokenTtl, tokenMaxTtl } = values;
  if (keyTtl === undefined || keyRotation === undefined || maxActiveKeys === undefined) return [];
  const faults = checkKeyTimes(
    withKeyDefaults({
      ttlSeconds: keyTtl,
      rotationSeconds: keyRotation,
      maxActiveKeys,
      ...(tokenMaxTtl === undefined ? {} : { maxTokenTtlSeconds: tokenMaxTtl }),
    }),
  );
  const max = maxTokenTtl({ keyTtl, keyRotation, ...(tokenMaxTtl === undefined ? {} : { tokenMaxTtl }) });
  if (faults.length > 0 || tokenTtl === undefined || tokenTtl <= max) return faults;
  if (asked.raw !== undefined) {
    return [
      `${asked.where}: longer than any token may live. Allowed: 1 to ${max} seconds with these key times.`,
    ];
  }
  // Nobody asked for the default: with short-lived keys it gives way.
  values.tokenTtl = max;
  return [];
}

interface Located {
  readonly raw: unknown;
  /** How to name the place to somebody who must mend it. */
  readonly where: string;
}

function locate(setting: Setting<unknown>, env: Environment, file: Record<string, unknown>): Located {
  const fromEnv = setting.env === undefined ? undefined : env[setting.env];
  if (fromEnv !== undefined) return { raw: fromEnv, where: setting.env ?? '' };
  const fromFile = setting.file
    .split('.')
    .reduce<unknown>((at, key) => (isJsonObject(at) ? at[key] : undefined), file);
  return { raw: fromFile, where: `${CONFIG_FILE_VARIABLE} file, ${setting.file}` };
}

function readFile(path: string | undefined, faults: string[]): Record<string, unknown> {
  if (path === undefined) return {};
  let content: unknown;
  try {
    // YAML 1.2 contains JSON, so one parser reads both.
    content = readYaml(readFileSync(path, 'utf8'));
  } catch (error) {
    faults.push(
      `${CONFIG_FILE_VARIABLE}: ${whyUnreadable(error)}. Allowed: the path of a JSON or YAML file.`,
    );
    return {};
  }
  if (!isJsonObject(content)) {
    faults.push(`${CONFIG_FILE_VARIABLE}: the file holds ${classify(content)}. Allowed: an object.`);
    return {};
  }
  faults.push(...unknownMembers(content));
  return content;
}

/** A warning is a fault too: left to the parser, it is printed with the line it is about, and that may hold a secret. */
function readYaml(text: string): unknown {
  const document = parseDocument(text, { uniqueKeys: true });
  const [wrong] = [...document.errors, ...document.warnings];
  if (wrong) throw wrong;
  return document.toJS({ maxAliasCount: 0 });
}

function whyUnreadable(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOENT') return 'no such file';
  if (code.startsWith('E') && code === code.toUpperCase() && !code.includes('_'))
    return `the file cannot be read (${code})`;
  const line = (error as { linePos?: { line: number }[] }).linePos?.[0]?.line;
  return `the file is neither JSON nor YAML${line === undefined ? '' : ` (line ${line})`}`;
}

function unknownMembers(content: Record<string, unknown>): string[] {
  const known = Object.values(SETTINGS).map((setting: Setting<unknown>) => setting.file);
  const faults: string[] = [];
  for (const [key, value] of Object.entries(content)) {
    if (known.includes(key)) continue;
    const members = known.filter((path) => path.startsWith(`${key}.`));
    const allowed =
      members.length > 0 ? members : [...new Set(known.map((path) => path.split('.')[0] ?? ''))];
    const wrong =
      members.length === 0 || !isJsonObject(value)
        ? [key]
        : Object.keys(value).map((name) => `${key}.${name}`);
    for (const path of wrong.filter((candidate) => !known.includes(candidate))) {
      faults.push(`${CONFIG_FILE_VARIABLE} file, ${path}: no such setting. Allowed: ${allowed.join(', ')}.`);
    }
  }
  return faults;
}
