export { apiKey, type ApiKeyOptions } from './api-key.js';
export { addToFile } from './add-to-file.js';
export { isName, isScope, type ApiKeyEntry } from './entries.js';
export { makeKey } from './key-text.js';
