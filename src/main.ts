import 'reflect-metadata';
import { run } from './server/index.js';

await run(process.env, process);
