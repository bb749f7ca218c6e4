import { Server } from '../../dist/worker/serve.js';

new Server(() => Promise.reject(new Error('Cannot find package')));
