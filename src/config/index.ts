export { ConfigError } from '../config-error.js';
export { printableSettings } from './print-settings.js';
export { CONFIG_FILE_VARIABLE, maxTokenTtl, readSettings, type SettingsReading } from './read-settings.js';
export { SETTINGS, type Setting, type Settings } from './settings.js';
export type { BackendEntry } from './value-kinds.js';
