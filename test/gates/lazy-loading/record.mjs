// Preloaded into a server (--import): writes the URL or path of every module that it loads to the file KKP_RECORD.
import { appendFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';

const file = process.env.KKP_RECORD;
const { cache } = createRequire(import.meta.url);

register('./hooks.mjs', import.meta.url, { data: { file } });
// What CommonJS modules require of each other passes no hook.
process.on('exit', () => appendFileSync(file, Object.keys(cache).join('\n') + '\n'));
