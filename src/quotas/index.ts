export { REFUSAL_LIMITS, RefusedCredentials } from './refused-credentials.js';
export { Quotas, QUOTA_LIMITS, type Quota } from './quotas.js';
