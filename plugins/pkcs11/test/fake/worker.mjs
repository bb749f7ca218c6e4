/** The built worker with the fake addon in it: the process, its channel and its crashes are real. */
import { Server } from '../../dist/worker/serve.js';

new Server(() => import('./addon.mjs'));
