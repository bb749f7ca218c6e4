export { describeApi } from './openapi.js';
export { createPino, toKkpLog } from './pino-log.js';
export { createServer } from './server.js';
export { run } from './run.js';
export { prepareStart } from './prepare-start.js';
