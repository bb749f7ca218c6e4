export { HealthController } from './health.controller.js';
export { ReadinessCheck, type Readiness } from './readiness.js';
