export { NO_FAULT, type Fault } from './fault.js';
export { FaultProxy } from './fault-proxy.js';
