import { describePeer } from './conformance.js';
import { LOCALSTACK_DEVIATIONS } from './localstack-deviations.js';

await describePeer('LocalStack 4.14.0', LOCALSTACK_DEVIATIONS);
