import type { BackendEntry } from '../backends/index.js';
import { isJsonObject } from '../strict-json.js';
import { SETTINGS, type Setting, type Settings } from './settings.js';

/** The options of a backend whose texts are known to be no secret, whatever its kind. */
const PUBLIC_OPTIONS: readonly string[] = ['kind', 'name', 'emulates', 'region'];
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
  const { listen, backends } = settings;
  if (name === 'listen')
    return `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`;
  return name === 'backends' ? backends.map(printableBackend) : settings[name];
}

function printableBackend(entry: BackendEntry): Record<string, unknown> {
  const isPublic = (option: string, value: unknown) =>
    PUBLIC_OPTIONS.includes(option) && typeof value === 'string';
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
