/** What the process costs: GCM of 32 bytes in this process, and through the packed plugin. Run by run.mjs --measure. */
/* global AbortController, performance */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { KKP_PKCS11_HOME: home, KKP_PKCS11_MODULE: module, KKP_PKCS11_PIN_FILE: pinFile } = process.env;
const ck = createRequire(join(home, 'package.json'))('pkcs11js');
const entry = pathToFileURL(join(home, 'node_modules/kkp-plugin-pkcs11/dist/index.js'));
const { pkcs11 } = await import(entry.href);

const ROUNDS = 2000;
const token = new ck.PKCS11();
token.load(module);
token.C_Initialize({ flags: ck.CKF_OS_LOCKING_OK });
const slot = token
  .C_GetSlotList(true)
  .find((candidate) => token.C_GetTokenInfo(candidate).label.trim() === 'kkp');
const session = token.C_OpenSession(slot, ck.CKF_SERIAL_SESSION | ck.CKF_RW_SESSION);
token.C_Login(session, ck.CKU_USER, readFileSync(pinFile, 'utf8').trim());

function makeKey(label, version) {
  const template = {
    CKA_CLASS: ck.CKO_SECRET_KEY,
    CKA_KEY_TYPE: ck.CKK_AES,
    CKA_VALUE_LEN: 32,
    CKA_TOKEN: true,
    CKA_PRIVATE: true,
    CKA_LABEL: label,
    CKA_ID: Buffer.from([version]),
    CKA_ENCRYPT: true,
    CKA_DECRYPT: true,
  };
  const attributes = Object.entries(template).map(([name, value]) => ({ type: ck[name], value }));
  return token.C_GenerateKey(session, { mechanism: ck.CKM_AES_KEY_GEN }, attributes);
}

function report(what, begin, count) {
  const ms = performance.now() - begin;
  console.log(
    `${what.padEnd(64)} ${((ms / count) * 1000).toFixed(0).padStart(6)} us an operation, ${((count / ms) * 1000).toFixed(0).padStart(6)}/s`,
  );
}

const key = makeKey('one', 1);
for (let version = 1; version <= 10; version++) makeKey('ten', version);
const plaintext = randomBytes(32);
const aad = { map: {}, bytes: randomBytes(40) };

let begin = performance.now();
for (let round = 0; round < ROUNDS; round++) {
  const parameter = {
    type: ck.CK_PARAMS_AES_GCM_v240,
    iv: randomBytes(12),
    aad: Buffer.from(aad.bytes),
    ivBits: 96,
    tagBits: 128,
  };
  token.C_EncryptInit(session, { mechanism: ck.CKM_AES_GCM, parameter }, key);
  token.C_Encrypt(session, plaintext, Buffer.alloc(64));
}
report('in this process, synchronous, handle known', begin, ROUNDS);

const host = { clock: Date, random: { bytes: (length) => randomBytes(length) }, log: () => undefined };
const call = () => ({
  signal: new AbortController().signal,
  deadline: Date.now() + 60_000,
  requestId: 'measure',
});
for (const more of [{}, { rememberKeysSeconds: 60 }]) {
  const options = { name: 'hsm', module, tokenLabel: 'kkp', pinFile, env: ['SOFTHSM2_CONF'], ...more };
  const backend = pkcs11(options).create(host);
  begin = performance.now();
  await backend.open(call());
  console.log(`${JSON.stringify(more)}: open took ${(performance.now() - begin).toFixed(0)} ms`);
  for (const label of ['one', 'ten']) {
    for (const parallel of [1, 8, 32]) {
      const wrap = () => backend.wrapKey({ keyId: label, plaintext, aad }, call());
      for (let warm = 0; warm < 100; warm++) await wrap();
      const lane = async () => {
        for (let round = 0; round < ROUNDS / parallel; round++) await wrap();
      };
      begin = performance.now();
      await Promise.all(Array.from({ length: parallel }, lane));
      report(`wrap through the process, key of ${label} version(s), ${parallel} at once`, begin, ROUNDS);
    }
  }
  await backend.close();
}
