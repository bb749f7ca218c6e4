import { KmsError } from 'kkp-plugin-kit';
import { changeAad, changeBlob, hex, onOpened, orElse, plain, rich, type Mutant } from './mutant.js';

/** Faults in what a blob promises. */
export const ciphertextMutants: readonly Mutant[] = [
  rich('round-trip', 'garbles plaintexts of one byte', (backend) => {
    onOpened(backend, (opened) => {
      if (opened.plaintext.length === 1) opened.plaintext[0]! ^= 1;
      return opened;
    });
  }),
  rich('maximum-plaintext', 'refuses the largest plaintext', (backend) => {
    const wrapKey = backend.wrapKey.bind(backend);
    backend.wrapKey = async (request, call) => {
      if (request.plaintext.length >= 1024) throw new KmsError('invalid-request', 'Too long.');
      return wrapKey(request, call);
    };
  }),
  rich('oversized-plaintext', 'cuts off what is too long', (backend) => {
    const wrapKey = backend.wrapKey.bind(backend);
    backend.wrapKey = (request, call) =>
      wrapKey({ ...request, plaintext: request.plaintext.slice(0, 1024) }, call);
  }),
  rich('wraps-differ', 'remembers the blob of each plaintext', (backend) => {
    const wrapKey = backend.wrapKey.bind(backend);
    const made = new Map<string, ReturnType<typeof wrapKey>>();
    backend.wrapKey = (request, call) => {
      const id = hex(request.plaintext) + request.keyId;
      const wrapped = made.get(id) ?? wrapKey(request, call);
      if (backend.service.keys.get(request.keyId)?.state === 'enabled' && !call.signal.aborted)
        made.set(id, wrapped);
      return wrapped;
    };
  }),
  rich('other-key-refused', 'tries all keys when the pin claims the asked one', (backend) => {
    const unwrapKey = backend.unwrapKey.bind(backend);
    orElse(backend, async (request, call, error) => {
      if (backend.service.find(request.keyId).id !== request.wrapped.key.keyId) throw error;
      return Promise.any(
        [...backend.service.keys.keys()].map((keyId) => unwrapKey({ ...request, keyId }, call)),
      ).catch(() => {
        throw error;
      });
    });
  }),
  rich('pin-not-trusted', 'opens with the key that the pin names', (backend) => {
    const unwrapKey = backend.unwrapKey.bind(backend);
    backend.unwrapKey = async (request, call) => {
      await backend.describeKey(request.keyId, call);
      return unwrapKey({ ...request, keyId: request.wrapped.key.keyId }, call);
    };
  }),
  plain('foreign-version-refused', 'takes the current version for one that it does not know', (backend) => {
    const unwrapKey = backend.unwrapKey.bind(backend);
    orElse(backend, async (request, call, error) => {
      if (/^v\d+$/.test(request.wrapped.key.version ?? '')) throw error;
      const { key } = await backend.describeKey(request.keyId, call);
      return unwrapKey({ ...request, wrapped: { ...request.wrapped, key } }, call);
    });
  }),
  rich('alg-not-trusted', 'looks up the cipher by the name that came with the blob', (backend) => {
    const ciphers: Record<string, { readonly tagBytes: number }> = { 'AES-256-GCM': { tagBytes: 16 } };
    const unwrapKey = backend.unwrapKey.bind(backend);
    backend.unwrapKey = async (request, call) => {
      if (ciphers[request.wrapped.alg]!.tagBytes !== 16) throw new KmsError('unsupported', 'No such cipher.');
      return unwrapKey(request, call);
    };
  }),
  rich('aad-bound', 'joins names and values without a border', (backend) => {
    changeAad(backend, (aad) => ({
      ...aad,
      bytes: Buffer.from(Object.entries(aad.map).sort().flat().join('')),
    }));
  }),
  rich('aad-not-optional', 'opens without the AAD when it does not open with it', (backend) => {
    const unwrapKey = backend.unwrapKey.bind(backend);
    orElse(backend, ({ keyId, wrapped }, call) => unwrapKey({ keyId, wrapped }, call));
  }),
  rich('maximum-aad', 'takes more AAD than it declares', (backend) => {
    const declared = Object.freeze({ ...backend.capabilities(), maxAadBytes: 2048 });
    backend.capabilities = () => declared;
  }),
  rich('maximum-aad', 'takes less AAD than it declares', (backend) => {
    const declared = Object.freeze({ ...backend.capabilities(), maxAadBytes: 8192 });
    backend.capabilities = () => declared;
  }),
  plain('aad-refused', 'ignores AAD', (backend) => {
    changeAad(backend, () => undefined);
  }),
  rich('tampered-blob', 'does not look at the first byte', (backend) => {
    changeBlob(backend, (blob) => Uint8Array.of(...blob.slice(0, 0), 1, ...blob.slice(1)));
  }),
  rich('resized-blob', 'forgives a byte at the end', (backend) => {
    const unwrapKey = backend.unwrapKey.bind(backend);
    orElse(backend, ({ wrapped, ...request }, call) =>
      unwrapKey({ ...request, wrapped: { ...wrapped, blob: wrapped.blob.slice(0, -1) } }, call),
    );
  }),
];
