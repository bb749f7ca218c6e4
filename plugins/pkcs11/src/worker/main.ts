import type { Addon } from './cryptoki.js';
import { Server } from './serve.js';

/** A native addon that is built at its installation, and so an optional peer: it is loaded here and nowhere else. */
const ADDON = 'pkcs11js';

new Server(async () => ((await import(ADDON)) as { default: Addon }).default);
