import { SETTINGS, type Setting, type Settings } from './settings.js';
import { isJsonObject } from '../strict-json.js';

const SECRET_NAME = /secret|password|passwd|token|credential|pin$|^pin|private|api_?key|access_?key|seed/i;
const REDACTED = '(redacted)';

/** The effective configuration in the shape of a configuration file, with everything that may be secret left out. */
export function printableSettings(settings: Settings): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const [name, { file }] of Object.entries(SETTINGS) as [keyof Settings, Setting<unknown>][]) {
    const value = name === 'listen' ? `${settings.listen.host}:${settings.listen.port}` : settings[name];
    if (value === undefined) continue;
    const [group, member] = file.split('.') as [string, string | undefined];
    if (member === undefined) tree[group] = redact(value);
    else tree[group] = { ...(tree[group] as object | undefined), [member]: value };
  }
  return tree;
}

/** Members with telling names lose their value; so do user names and passwords inside URLs. */
function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value === 'string') return value.replace(/\/\/[^/@\s]+@/g, `//${REDACTED}@`);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, SECRET_NAME.test(name) ? REDACTED : redact(item)]),
  );
}
