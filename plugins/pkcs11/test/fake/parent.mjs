/** A KKP of its own, to be killed: opens a backend on the token of argv, tells its process' pid, and wraps when told so. */
/* global AbortController */
import { Pkcs11Backend } from '../../dist/backend.js';

const [module, pinFile, tokenLabel] = process.argv.slice(2);
const config = {
  module,
  tokenLabel,
  pin: { file: pinFile },
  mechanism: 'CKM_AES_GCM',
  iv: 'caller',
  sessions: 2,
  queue: 10,
  rememberMs: 0,
  hungMs: 600_000,
  env: [],
};
const host = {
  clock: Date,
  random: { bytes: (length) => new Uint8Array(length).fill(1) },
  log: (_level, _message, fields) => console.log(fields?.pid),
};
const call = { signal: new AbortController().signal, deadline: Date.now() + 600_000, requestId: 'parent' };
const backend = new Pkcs11Backend(config, host, { worker: new URL('worker.mjs', import.meta.url) });
await backend.open(call);
process.stdin.once(
  'data',
  () => void backend.wrapKey({ keyId: 'orders', plaintext: new Uint8Array(32) }, call),
);
