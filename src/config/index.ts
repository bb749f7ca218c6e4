export { CONFIG_FILE_VARIABLE, ConfigError } from '../config-error.js';
export { printableSettings } from './print-settings.js';
export { productionWarnings } from './production.js';
export { readSettings, type SettingsReading } from './read-settings.js';
export type { Setting } from './setting.js';
export { SETTINGS, type Settings } from './settings.js';
