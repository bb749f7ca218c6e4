import { aws } from './aws.js';
import { azure } from './azure.js';
import type { Emulation } from './emulation.js';
import { gcp } from './gcp.js';

export type { Emulation } from './emulation.js';

export type Provider = 'aws' | 'gcp' | 'azure';

export const EMULATIONS: Readonly<Record<Provider, Emulation>> = { aws, gcp, azure };
