// Compiles kkp.rego to kkp.wasm with the compiler in policy/opa. Run after `npm run build`: node policy/build.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { compilePolicy } from '../dist/policy/compiler/index.js';

const here = (name) => new URL(name, import.meta.url);
const { wasm } = await compilePolicy({
  files: { 'kkp.rego': readFileSync(here('kkp.rego'), 'utf8') },
});
writeFileSync(here('kkp.wasm'), wasm);
