import { isKmsError, KmsError } from 'kkp-plugin-kit';
import { hex, onOpened, rich, type Mutant } from './mutant.js';

/** Faults in the treatment of buffers and errors. */
export const secrecyMutants: readonly Mutant[] = [
  rich('inputs-untouched', 'zeroes the AAD after use', (backend) => {
    onOpened(backend, (opened, { aad }) => {
      aad?.bytes.fill(0);
      return opened;
    });
  }),
  rich('inputs-not-kept', 'keeps the plaintext that it was handed', (backend) => {
    const wrapKey = backend.wrapKey.bind(backend);
    const kept = new Map<string, Uint8Array>();
    backend.wrapKey = async (request, call) => {
      const wrapped = await wrapKey(request, call);
      kept.set(hex(wrapped.blob), request.plaintext);
      return wrapped;
    };
    onOpened(backend, (opened, { wrapped }) => ({
      ...opened,
      plaintext: Uint8Array.from(kept.get(hex(wrapped.blob)) ?? opened.plaintext),
    }));
  }),
  rich('outputs-are-fresh', 'answers with a view of the pool', (backend) => {
    onOpened(backend, (opened) => ({ ...opened, plaintext: Buffer.from(opened.plaintext) }));
  }),
  rich('nothing-secret-told', 'keeps the request as the cause of an error', (backend) => {
    const unwrapKey = backend.unwrapKey.bind(backend);
    backend.unwrapKey = (request, call) =>
      unwrapKey(request, call).catch((error: unknown) => {
        if (isKmsError(error)) throw new KmsError(error.code, error.message, { cause: request });
        throw error;
      });
  }),
  rich('nothing-secret-told', 'logs what it wraps', (backend) => {
    const wrapKey = backend.wrapKey.bind(backend);
    backend.wrapKey = (request, call) => {
      backend.host.log('debug', 'wrap', { value: Buffer.from(request.plaintext).toString('base64') });
      return wrapKey(request, call);
    };
  }),
  rich('only-kms-errors', 'trips over an empty key id', (backend) => {
    const wrapKey = backend.wrapKey.bind(backend);
    backend.wrapKey = async (request, call) => {
      if (request.keyId === '') throw new TypeError('The key id is empty.');
      return wrapKey(request, call);
    };
  }),
  rich('only-kms-errors', 'throws before there is a promise', (backend) => {
    const unwrapKey = backend.unwrapKey.bind(backend);
    backend.unwrapKey = (request, call) => {
      if (request.keyId === '') throw new KmsError('invalid-request', 'The key id is empty.');
      return unwrapKey(request, call);
    };
  }),
];
