import { Server } from '../../dist/worker/serve.js';

new Server(() => import('kkp-no-such-addon'));
