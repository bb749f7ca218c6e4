// node pack.mjs <opa.wasm> [--check]: compresses a fresh build and describes it in opa.json, or compares it.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

const here = (name) => new URL(name, import.meta.url);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const fromGoMod = (pattern) => pattern.exec(readFileSync(here('go.mod'), 'utf8'))[1];

const wasm = readFileSync(process.argv[2]);
if (process.argv[3] === '--check') check();
else pack();

function check() {
  const committed = JSON.parse(readFileSync(here('opa.json'), 'utf8'));
  const built = describe();
  for (const member of ['opa', 'go', 'wasm']) {
    if (JSON.stringify(committed[member]) !== JSON.stringify(built[member])) {
      console.error(
        `opa.json ${member}: ${JSON.stringify(committed[member])}, from source: ${JSON.stringify(built[member])}`,
      );
      process.exitCode = 1;
    }
  }
  if (!process.exitCode) console.log(`opa.wasm from source is the committed one: ${built.wasm.sha256}`);
}

function pack() {
  const { BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT, BROTLI_MAX_WINDOW_BITS } = constants;
  const params = { [BROTLI_PARAM_LGWIN]: BROTLI_MAX_WINDOW_BITS, [BROTLI_PARAM_SIZE_HINT]: wasm.length };
  const brotli = brotliCompressSync(wasm, { params });
  writeFileSync(here('opa.wasm.br'), brotli);
  const description = { ...describe(), brotli: { sha256: sha256(brotli), bytes: brotli.length } };
  writeFileSync(here('opa.json'), `${JSON.stringify(description, null, 2)}\n`);
  console.log(JSON.stringify(description, null, 2));
}

function describe() {
  return {
    opa: fromGoMod(/github\.com\/open-policy-agent\/opa (v\S+)/),
    go: fromGoMod(/^toolchain (\S+)/m),
    wasm: { sha256: sha256(wasm), bytes: wasm.length },
  };
}
