// Runs OPA's compiler once: one JSON document on standard input, one on standard output (see main.go).
// Started by src/policy/compiler as a process of its own, because the module needs some 200 MB while it runs.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { WASI } from 'node:wasi';
import { brotliDecompressSync } from 'node:zlib';

const OK = 0;

try {
  process.exitCode = await run(await buffer(process.stdin));
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function run(input) {
  const module = await WebAssembly.compile(readModule());
  // No directory and no environment: the module reaches its three standard streams and nothing else.
  const wasi = new WASI({ version: 'preview1', args: ['opa'], env: {}, preopens: {}, returnOnExit: true });
  const streams = streamsInMemory(input);
  const calls = { ...asPlainFunctions(wasi.wasiImport), ...streams.calls };
  const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: calls });
  streams.memory = instance.exports.memory;
  const exitCode = wasi.start(instance);
  process.stdout.write(Buffer.concat(streams.written[1]));
  process.stderr.write(Buffer.concat(streams.written[2]));
  return exitCode;
}

// V8 calls Node's WASI from WebAssembly by "fast API calls", in which no garbage may be collected. Node's does collect
// (nodejs/node#46777), and every second process died of it. A function of JavaScript is called like any other.
function asPlainFunctions(functions) {
  return Object.fromEntries(
    Object.entries(functions).map(([name, call]) => [name, (...args) => call(...args)]),
  );
}

function readModule() {
  const here = (name) => new URL(name, import.meta.url);
  const expected = JSON.parse(readFileSync(here('opa.json'), 'utf8'));
  const compressed = readFileSync(here('opa.wasm.br'));
  if (createHash('sha256').update(compressed).digest('hex') !== expected.brotli.sha256) {
    throw new Error('opa.wasm.br is not the file that opa.json describes: its SHA-256 differs');
  }
  return brotliDecompressSync(compressed, { maxOutputLength: expected.wasm.bytes });
}

// Go makes its standard streams non-blocking; over a real pipe a large answer would then end in EAGAIN.
function streamsInMemory(input) {
  const streams = { memory: undefined, written: { 1: [], 2: [] }, calls: { fd_read, fd_write } };
  return streams;

  function fd_read(_fd, vectors, count, sizePointer) {
    let size = 0;
    for (const target of buffers(vectors, count)) {
      const taken = input.copy(target);
      input = input.subarray(taken);
      size += taken;
    }
    new DataView(streams.memory.buffer).setUint32(sizePointer, size, true);
    return OK;
  }

  function fd_write(fd, vectors, count, sizePointer) {
    let size = 0;
    for (const source of buffers(vectors, count)) {
      streams.written[fd].push(Buffer.from(source));
      size += source.length;
    }
    new DataView(streams.memory.buffer).setUint32(sizePointer, size, true);
    return OK;
  }

  function buffers(vectors, count) {
    const view = new DataView(streams.memory.buffer);
    return Array.from({ length: count }, (_, i) => {
      const at = vectors + 8 * i;
      return Buffer.from(streams.memory.buffer, view.getUint32(at, true), view.getUint32(at + 4, true));
    });
  }
}
