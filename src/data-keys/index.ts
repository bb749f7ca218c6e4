export { DataKeyController } from './data-key.controller.js';
export * from './data-key.dto.js';
export { GenerateDataKey } from './generate-data-key.js';
