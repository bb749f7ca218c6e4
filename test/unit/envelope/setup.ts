import { memory } from 'kkp-plugin-memory';
import type { KmsPlugin } from 'kkp-plugin-kit';
import type { Envelope } from '../../../src/envelope/envelope-codec.js';
import { EnvelopeRewrapper } from '../../../src/envelope/envelope.rewrapper.js';
import { EnvelopeService, type Grant } from '../../../src/envelope/envelope.service.js';
import { fakePlugin } from '../backends/fake-backend.js';
import { CALL, makeRegistry } from '../backends/setup.js';

export { CALL } from '../backends/setup.js';
export const PLAINTEXT = Buffer.from('attack at dawn');
export const ENVELOPE_ERROR = {
  code: 'envelope_error',
  detail: 'The envelope cannot be opened: it was changed, or belongs to another key or context.',
};

/** A service over the given backends, open. */
export async function openService(...plugins: KmsPlugin[]) {
  const made = makeRegistry(plugins);
  await made.registry.open();
  const service = new EnvelopeService(made.registry, made.random);
  const encrypt = (
    backend: string,
    keyId: string,
    more: { associatedData?: string; plaintext?: Buffer } = {},
  ) => service.encrypt({ backend, keyId, plaintext: PLAINTEXT, ...more }, CALL);
  /** With a grant for exactly the key that the envelope names. */
  const decrypt = (envelope: Envelope) =>
    service.decrypt({ grant: { backend: envelope.backend, keyId: envelope.key_id }, envelope }, CALL);
  const rewrapper = new EnvelopeRewrapper(service, made.registry, made.random);
  /** With the same grant, to the key that the envelope has unless another is named. */
  const rewrap = (envelope: Envelope, to: Partial<Grant> = {}) => {
    const grant = { backend: envelope.backend, keyId: envelope.key_id };
    return rewrapper.rewrap({ grant, envelope, to: { ...grant, ...to } }, CALL);
  };
  return { ...made, service, rewrapper, encrypt, decrypt, rewrap };
}

/** Five backends of all sorts: the three emulations, and one stand-in for each way to bind a data key. */
export const fiveBackends = (): KmsPlugin[] => [
  memory({ name: 'aws', emulates: 'aws', seed: '1' }),
  memory({ name: 'gcp', emulates: 'gcp', seed: '2' }),
  memory({ name: 'azure', emulates: 'azure', seed: '3' }),
  fakePlugin('direct', { aad: 'bytes', version: 'v7' }),
  fakePlugin('sealed', { aad: 'none' }),
];

/** What a caller sees of a failure; undefined when there is none. */
export async function publicError(result: Promise<unknown>) {
  try {
    await result;
    return undefined;
  } catch (error) {
    const { code, detail, retryAfterSeconds } = error as Record<string, unknown>;
    return { code, detail, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
  }
}
