import { isJsonObject } from '../strict-json.js';
import type { Setting } from './setting.js';
import { SETTINGS, type Settings } from './settings.js';

/** The options whose texts are known to be no secret, whatever the kind of backend or authenticator. */
const PUBLIC_OPTIONS = {
  backends: ['kind', 'name', 'emulates', 'region'],
  callers: ['kind', 'issuer', 'audience', 'trustDomain'],
} as const;
const REDACTED = '(redacted)';

/** The effective configuration in the shape of a configuration file, without anything that may be secret. */
export function printableSettings(settings: Settings): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const [name, { file }] of Object.entries(SETTINGS) as [keyof Settings, Setting<unknown>][]) {
    const value = printable(settings, name);
    if (value === undefined) continue;
    const [group, member] = file.split('.') as [string, string | undefined];
    tree[group] = member === undefined ? value : { ...(tree[group] as object | undefined), [member]: value };
  }
  return tree;
}

function printable(settings: Settings, name: keyof Settings): unknown {
  const { listen } = settings;
  if (name === 'listen')
    return `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`;
  if (name !== 'backends' && name !== 'callers') return settings[name];
  return settings[name].map((entry) => printableEntry(entry, PUBLIC_OPTIONS[name]));
}

function printableEntry(
  entry: Readonly<Record<string, unknown>>,
  publicOptions: readonly string[],
): Record<string, unknown> {
  const isPublic = (option: string, value: unknown) =>
    publicOptions.includes(option) && typeof value === 'string';
  return Object.fromEntries(
    Object.entries(entry).map(([option, value]) => [option, isPublic(option, value) ? value : redact(value)]),
  );
}

/** Keeps the structure, numbers and switches. No name tells whether a text is a secret, so every text goes. */
function redact(value: unknown): unknown {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(redact);
  if (!isJsonObject(value)) return REDACTED;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, redact(item)]));
}
