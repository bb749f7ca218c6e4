export { Quotas, QUOTA_LIMITS, type Quota } from './quotas.js';
