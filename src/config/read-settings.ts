import { classify, CONFIG_FILE_VARIABLE, inFile } from '../config-error.js';
import { checkKeyTimes, withKeyDefaults } from '../keys/index.js';
import { isProduction } from '../production.js';
import { isJsonObject } from '../strict-json.js';
import { typFault } from '../tokens/index.js';
import { misspeltVariables } from './misspelt.js';
import { productionFaults } from './production.js';
import { readConfigFile } from './read-file.js';
import type { Setting } from './setting.js';
import { SETTINGS, type SettingName, type Settings } from './settings.js';
import { tlsFaults } from './tls-faults.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What could be read, and everything that was wrong with the rest. */
export interface SettingsReading {
  readonly values: Partial<Settings>;
  /** Sentences with the name, the class of the value and what is allowed; empty when `values` is complete. */
  readonly faults: readonly string[];
}

const ENTRIES = Object.entries(SETTINGS) as [SettingName, Setting<unknown>][];
const VARIABLES = [CONFIG_FILE_VARIABLE, ...ENTRIES.flatMap(([, { env }]) => env ?? [])];

/** Reads the effective configuration: environment over file over default. Opens nothing but the file. */
export function readSettings(env: Environment): SettingsReading {
  const faults = misspeltVariables(env, VARIABLES);
  const file = readConfigFile(env[CONFIG_FILE_VARIABLE], faults);
  const find = (name: SettingName): Located => locate(SETTINGS[name], env, file);
  const values: Record<string, unknown> = {};
  for (const [name, { kind, fallback }] of ENTRIES) {
    const { raw, where } = find(name);
    const found = raw === undefined ? fallback : raw;
    if (found === undefined) continue;
    values[name] = kind.parse(found);
    if (values[name] === undefined) {
      faults.push(`${where}: got ${(kind.classify ?? classify)(found)}. Allowed: ${kind.allowed}.`);
    }
  }
  const fault = typFault(values.tokenTyp, find('tokenIssuer').raw);
  if (fault !== undefined) faults.push(`${find('tokenIssuer').where}: ${fault}.`);
  faults.push(...timeFaults(values, find), ...storeFaults(values, find), ...tlsFaults(values));
  if (isProduction(env)) faults.push(...productionFaults(values));
  return { values, faults };
}

/** Faults of times that are each allowed but cannot keep the promise of the signing keys together. */
function timeFaults(
  values: { -readonly [K in keyof Settings]?: Settings[K] },
  find: (name: SettingName) => Located,
): string[] {
  const { keyTtl, keyRotation, maxActiveKeys, tokenTtl, tokenMaxTtl: maxTokenTtlSeconds } = values;
  if (keyTtl === undefined || keyRotation === undefined || maxActiveKeys === undefined) return [];
  const times = withKeyDefaults({
    ttlSeconds: keyTtl,
    rotationSeconds: keyRotation,
    maxActiveKeys,
    maxTokenTtlSeconds,
  });
  const faults = checkKeyTimes(times, {
    ttlSeconds: find('keyTtl').where,
    rotationSeconds: find('keyRotation').where,
    maxActiveKeys: find('maxActiveKeys').where,
    maxTokenTtlSeconds: find('tokenMaxTtl').where,
  });
  const max = times.maxTokenTtlSeconds;
  if (faults.length > 0 || tokenTtl === undefined || tokenTtl <= max) return faults;
  const asked = find('tokenTtl');
  if (asked.raw !== undefined) {
    return [
      `${asked.where}: longer than any token may live. Allowed: 1 to ${max} seconds with these key times.`,
    ];
  }
  // Nobody asked for the default: with short-lived keys it gives way.
  values.tokenTtl = max;
  return [];
}

/** Signing keys are never stored in clear, and a seal key without a store seals nothing. */
function storeFaults(
  { dataDir, sealKeyFile }: Partial<Settings>,
  find: (name: SettingName) => Located,
): string[] {
  if ((dataDir === undefined) === (sealKeyFile === undefined)) return [];
  const [missing, given] =
    dataDir === undefined ? (['dataDir', 'sealKeyFile'] as const) : (['sealKeyFile', 'dataDir'] as const);
  return [`${find(missing).where}: got nothing. Allowed: a path, as ${find(given).where} is given.`];
}

interface Located {
  readonly raw: unknown;
  /** How to name the place to somebody who must mend it. */
  readonly where: string;
}

function locate(setting: Setting<unknown>, env: Environment, file: Record<string, unknown>): Located {
  const text = setting.env === undefined ? undefined : env[setting.env];
  if (setting.env !== undefined && text !== undefined) {
    return { raw: setting.kind.fromText?.(text) ?? text, where: setting.env };
  }
  const raw = setting.file
    .split('.')
    .reduce<unknown>((at, key) => (isJsonObject(at) ? at[key] : undefined), file);
  const unset = raw === undefined ? setting.env : undefined;
  return { raw, where: unset ?? inFile(setting.file) };
}
