export { MemoryStore } from './memory-store.js';
export { readSealKey, seal, unseal } from './seal.js';
export { SqliteStore } from './sqlite-store.js';
export type { Store, StoredRecord, Versioned } from './store.js';
