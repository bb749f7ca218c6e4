/** Compiles the benchmarks and runs the one of the server. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
execFileSync(process.execPath, [tsc, '-b', import.meta.dirname], { stdio: 'inherit' });
await import('./dist/run.js');
