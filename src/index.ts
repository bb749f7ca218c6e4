export { KkpError, type KkpErrorCode } from './errors.js';
