import { workerData } from 'node:worker_threads';

const EVERY_MS = 500;

/** A thread of its own: the main one may hang in the module when KKP is killed, and then sees no closed channel. */
setInterval(() => {
  if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL');
}, EVERY_MS);
