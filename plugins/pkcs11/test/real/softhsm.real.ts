import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isKmsError, OptionReader, type KmsBackend, type WrappedKey } from 'kkp-plugin-kit';
import { bindAad, createTestHost, describeKmsBackend } from 'kkp-plugin-kit/testkit';
import { Pkcs11Backend } from '../../src/backend.js';
import { parseConfig, type Pkcs11Options } from '../../src/config.js';
import { MECHANISMS } from '../../src/mechanism.js';
import { buildModule } from './broken-modules.js';
import { childrenOf, HOME, MODULE, PIN_FILE, SoftHsmAdmin, stopChildren } from './softhsm-admin.js';

/** Run by run.mjs, which makes a token. */
const admin = new SoftHsmAdmin(readFileSync(PIN_FILE, 'utf8').trim());
const worker = pathToFileURL(join(HOME, 'node_modules/kkp-plugin-pkcs11/dist/worker/main.js'));
const OPTIONS = { module: MODULE, tokenLabel: 'kkp', pinFile: PIN_FILE, env: ['SOFTHSM2_CONF'] };

const configOf = (options: Partial<Pkcs11Options>) =>
  parseConfig(new OptionReader({ ...OPTIONS, ...options }));

for (const mechanism of MECHANISMS) {
  const config = configOf({ mechanism });
  const [keyId, otherKeyId] = [admin.createKey(), admin.createKey()];
  describeKmsBackend(`SoftHSM2 with ${mechanism}`, {
    connect: (host) => new Pkcs11Backend(config, host, { worker }),
    keyId,
    otherKeyId,
    unknownKeyId: 'absent',
    admin: {
      createKey: () => admin.createKey(),
      rotate: (label) => admin.rotate(label),
      disable: (label) => admin.disable(label),
      delete: (label) => admin.delete(label),
      hang: stopChildren,
    },
  });
}

const call = (withinMs = 10_000) => ({
  signal: new AbortController().signal,
  deadline: Date.now() + withinMs,
  requestId: 'real',
});
const PLAINTEXT = Uint8Array.from({ length: 32 }, (_, index) => index);
const opened: KmsBackend[] = [];
afterEach(async () => {
  for (const backend of opened.splice(0)) await backend.close();
});

async function open(options: Partial<Pkcs11Options> = {}): Promise<KmsBackend> {
  const backend = new Pkcs11Backend(configOf(options), createTestHost().host, { worker });
  opened.push(backend);
  await backend.open(call());
  return backend;
}

const wrap = (backend: KmsBackend, keyId: string): Promise<WrappedKey> =>
  backend.wrapKey({ keyId, plaintext: PLAINTEXT }, call());

const refusal = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'none',
    (error: unknown) =>
      isKmsError(error) ? `${error.code} ${error.side} ${error.providerCode ?? ''}`.trim() : 'another error',
  );

describe('SoftHSM2', () => {
  it('refuses a wrong PIN', async () => {
    const wrong = `${PIN_FILE}-wrong`;
    writeFileSync(wrong, '9999');
    expect(await refusal(open({ pinFile: wrong }))).toBe('access-denied proxy CKR_PIN_INCORRECT at C_Login');
  });

  it.each([
    [
      'a token that is not there',
      { tokenLabel: 'absent' },
      'unavailable proxy TOKEN_ABSENT at C_GetSlotList',
    ],
    ['a module that is not there', { module: '/nowhere.so' }, 'unavailable proxy MODULE_NOT_LOADED at load'],
    [
      'a library that is no module',
      { module: process.execPath },
      'unavailable proxy MODULE_NOT_LOADED at load',
    ],
  ])('tells %s at open', async (_what, options, told) => {
    expect(await refusal(open(options))).toBe(told);
  });

  it('takes AAD of the size that the plugin declares', async () => {
    const backend = await open();
    const keyId = admin.createKey();
    const aad = { map: {}, bytes: new Uint8Array(backend.capabilities(keyId).maxAadBytes!).fill(7) };
    const wrapped = await backend.wrapKey({ keyId, plaintext: PLAINTEXT, aad }, call());
    expect((await backend.unwrapKey({ keyId, wrapped, aad }, call())).plaintext).toEqual(PLAINTEXT);
  });

  it('wraps with the newest version that may encrypt, and opens with one that may only decrypt', async () => {
    const backend = await open();
    const keyId = admin.createKey();
    const first = await wrap(backend, keyId);
    admin.rotate(keyId);
    const [, second] = admin.find(keyId);
    expect((await wrap(backend, keyId)).key.version).toBe('2');
    admin.set(second!, { CKA_ENCRYPT: false });
    const again = await wrap(backend, keyId);
    expect(again.key).toEqual(first.key);
    expect((await backend.unwrapKey({ keyId, wrapped: again }, call())).stale).toBe(false);
  });

  it('refuses a key of another type', async () => {
    const keyId = admin.createKey('des', { CKA_KEY_TYPE: admin.ck.CKK_AES });
    const { ck } = admin;
    admin.delete(keyId);
    const template = { CKA_TOKEN: true, CKA_LABEL: keyId, CKA_ID: Buffer.from([1]), CKA_ENCRYPT: true };
    admin.module.C_GenerateKey(admin.session, { mechanism: ck.CKM_DES3_KEY_GEN }, admin.attributes(template));
    expect(await refusal(wrap(await open(), keyId))).toBe(
      'unsupported caller KEY_NOT_AES at C_GetAttributeValue',
    );
  });

  it('opens a key that pkcs11-tool made as the README says', async () => {
    const pin = readFileSync(PIN_FILE, 'utf8').trim();
    const login = ['--module', MODULE, '--token-label', 'kkp', '--login', '--pin', pin];
    const key = ['--keygen', '--key-type', 'AES:32', '--label', 'made-by-tool', '--sensitive'];
    for (const id of ['01', '02'])
      execFileSync('pkcs11-tool', [...login, ...key, '--id', id], { stdio: 'pipe' });
    const backend = await open();
    const wrapped = await wrap(backend, 'made-by-tool');
    expect(wrapped.key.version).toBe('2');
    expect((await backend.unwrapKey({ keyId: 'made-by-tool', wrapped }, call())).plaintext).toEqual(
      PLAINTEXT,
    );
    const old = ['--delete-object', '--type', 'secrkey', '--label', 'made-by-tool', '--id', '02'];
    execFileSync('pkcs11-tool', [...login, ...old], { stdio: 'pipe' });
    expect(await refusal(backend.unwrapKey({ keyId: 'made-by-tool', wrapped }, call()))).toMatch(
      'invalid-ciphertext caller VERSION_ABSENT',
    );
  });

  it('deviates: it cannot read the dates of a private key, so such a key is unavailable', async () => {
    const keyId = admin.createKey(undefined, { CKA_END_DATE: Buffer.from('20991231') });
    expect(await refusal(wrap(await open(), keyId))).toBe(
      'unavailable provider CKR_GENERAL_ERROR at C_GetAttributeValue',
    );
  });

  it.each([
    ['20991231', 'none'],
    ['20200101', 'disabled-key caller KEY_DISABLED at C_FindObjects'],
  ])('keeps to the end date of a key that is not private: %s', async (date, told) => {
    const keyId = admin.createKey(undefined, { CKA_PRIVATE: false, CKA_END_DATE: Buffer.from(date) });
    expect(await refusal(wrap(await open(), keyId))).toBe(told);
  });

  it('deviates: it gives the padding of CKM_AES_KEY_WRAP_PAD back with the key', () => {
    const { ck, module, session } = admin;
    const [by] = admin.find(admin.createKey());
    const secret = {
      CKA_CLASS: ck.CKO_SECRET_KEY,
      CKA_KEY_TYPE: ck.CKK_GENERIC_SECRET,
      CKA_TOKEN: false,
      CKA_PRIVATE: true,
      CKA_SENSITIVE: false,
      CKA_EXTRACTABLE: true,
    };
    const mechanism = { mechanism: ck.CKM_AES_KEY_WRAP_PAD };
    const key = module.C_CreateObject(
      session,
      admin.attributes({ ...secret, CKA_VALUE: Buffer.alloc(17, 1) }),
    );
    const wrapped = module.C_WrapKey(session, mechanism, by, key, Buffer.alloc(64));
    const back = module.C_UnwrapKey(session, mechanism, by, wrapped, admin.attributes(secret));
    const [value] = module.C_GetAttributeValue(session, back, admin.attributes({ CKA_VALUE: undefined }));
    expect(value.value).toHaveLength(24);
  });

  it('goes on when its process is killed under load, and only calls that were in it fail', async () => {
    const backend = await open({ queue: 1000 });
    const keyId = admin.createKey();
    const aad = bindAad({ tenant: 'red' });
    const roundTrip = async (): Promise<string> => {
      try {
        const wrapped = await backend.wrapKey({ keyId, plaintext: PLAINTEXT, aad }, call());
        const { plaintext } = await backend.unwrapKey({ keyId, wrapped, aad }, call());
        return Buffer.from(plaintext).equals(Buffer.from(PLAINTEXT)) ? 'right' : 'WRONG';
      } catch (error) {
        return isKmsError(error) ? error.code : 'another error';
      }
    };
    const [victim] = childrenOf(process.pid);
    const outcomes: string[] = [];
    const worker = async (): Promise<void> => {
      for (let turn = 0; turn < 40; turn++) {
        outcomes.push(await roundTrip());
        if (outcomes.length === 100) process.kill(victim!, 'SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    const failed = outcomes.filter((outcome) => outcome !== 'right');
    expect(new Set(failed)).toEqual(new Set(['unavailable']));
    expect(failed.length).toBeLessThanOrEqual(8);
    expect(outcomes.slice(-16)).toEqual(Array.from({ length: 16 }, () => 'right'));
    expect(childrenOf(process.pid)).not.toContain(victim);
  });

  it('is not disturbed by a module beside it that crashes or hangs', async () => {
    const backend = await open();
    const keyId = admin.createKey();
    for (const does of ['crashes', 'aborts', 'hangs'] as const) {
      const module = buildModule(does, dirname(PIN_FILE));
      const broken = new Pkcs11Backend(configOf({ module }), createTestHost().host, { worker });
      expect(await refusal(broken.open(call(2000)))).toBe('unavailable provider');
      await broken.close();
    }
    expect(await refusal(wrap(backend, keyId))).toBe('none');
    expect(childrenOf(process.pid)).toHaveLength(1);
  });

  it('is served by the packed plugin in a Node of its own', () => {
    const script = `
      import pkcs11 from 'kkp-plugin-pkcs11';
      const host = { clock: Date, random: { bytes: (n) => crypto.getRandomValues(new Uint8Array(n)) }, log() {} };
      const backend = pkcs11(${JSON.stringify({ ...OPTIONS, name: 'hsm' })}).create(host);
      const call = { signal: new AbortController().signal, deadline: Date.now() + 10000, requestId: 'packed' };
      await backend.open(call);
      const keyId = ${JSON.stringify(admin.createKey())};
      const wrapped = await backend.wrapKey({ keyId, plaintext: new Uint8Array(32).fill(9) }, call);
      const { plaintext } = await backend.unwrapKey({ keyId, wrapped }, call);
      await backend.close();
      console.log(plaintext.every((byte) => byte === 9), wrapped.key.keyId);
    `;
    const told = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: HOME,
      encoding: 'utf8',
    });
    expect(told).toMatch(/^true pkcs11:serial=[0-9a-f]{16};object=created-\d+\n$/);
  });
});
