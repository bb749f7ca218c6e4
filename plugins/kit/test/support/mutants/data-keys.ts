import { isKmsError } from 'kkp-plugin-kit';
import { hex, onGenerate, onRewrap, orElse, rich, whileEnabled, type Mutant } from './mutant.js';

/** Faults in what a key service may do by itself: data keys and rewrapping. */
export const dataKeysMutants: readonly Mutant[] = [
  rich('data-key-opens', 'generates one data key for ever', (backend) => {
    const ever = new Uint8Array(64);
    onGenerate(backend, () => async ({ bytes, ...request }, call) => {
      const plaintext = ever.slice(0, bytes);
      const wrapped = await backend.wrapKey({ ...request, plaintext }, call);
      return { plaintext, key: wrapped.key, wrapped };
    });
  }),
  rich('data-key-names-key', 'names the alias beside the data key', (backend) => {
    onGenerate(backend, (generate) => async (request, call) => {
      const made = await generate(request, call);
      return { ...made, key: { ...made.key, keyId: request.keyId } };
    });
  }),
  rich('data-key-bound', 'binds a data key to nothing', (backend) => {
    const unbound = new Set<string>();
    onGenerate(backend, (generate) => async ({ keyId, bytes }, call) => {
      const made = await generate({ keyId, bytes }, call);
      unbound.add(hex(made.wrapped.blob));
      return made;
    });
    const unwrapKey = backend.unwrapKey.bind(backend);
    orElse(backend, ({ keyId, wrapped }, call, error) => {
      if (!unbound.has(hex(wrapped.blob))) throw error;
      return unwrapKey({ keyId, wrapped }, call);
    });
  }),
  rich('data-keys-are-fresh', 'generates data keys in the pool', (backend) => {
    onGenerate(backend, (generate) => async (request, call) => {
      const made = await generate(request, call);
      return { ...made, plaintext: Buffer.from(made.plaintext) };
    });
  }),
  rich('disabled-key-wraps-nothing', 'generates data keys under a disabled key', (backend) => {
    onGenerate(
      backend,
      (generate) => (request, call) =>
        whileEnabled(backend, request.keyId, 'disabled', () => generate(request, call)),
    );
  }),
  rich('unknown-key-wraps-nothing', 'creates a missing key for a data key', (backend) => {
    onGenerate(backend, (generate) => async (request, call) => {
      if (request.keyId === 'absent') backend.service.createKey('absent');
      return generate(request, call);
    });
  }),
  rich('rewrap-moves', 'keeps the old AAD', (backend) => {
    onRewrap(
      backend,
      (rewrap) => (request, call) => rewrap({ ...request, ...(request.aad && { toAad: request.aad }) }, call),
    );
  }),
  rich('rewrap-refuses', 'rewraps what another key made', (backend) => {
    onRewrap(backend, (rewrap) => async (request, call) => {
      try {
        return await rewrap(request, call);
      } catch (error) {
        if (!isKmsError(error) || error.code !== 'invalid-ciphertext') throw error;
        return await rewrap({ ...request, keyId: request.wrapped.key.keyId }, call);
      }
    });
  }),
];
