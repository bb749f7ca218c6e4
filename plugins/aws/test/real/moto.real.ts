import { describePeer } from './conformance.js';
import { MOTO_DEVIATIONS } from './moto-deviations.js';

await describePeer('moto 5.2.5', MOTO_DEVIATIONS);
