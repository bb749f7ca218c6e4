import { bindContext } from '../../../src/envelope/context.js';
import { EnvelopeService } from '../../../src/envelope/envelope.service.js';
import { fakePlugin, type FakeOptions } from '../../unit/backends/fake-backend.js';
import { CALL, makeRegistry } from '../../unit/backends/setup.js';
import type { AcceptVector } from './types.js';

/** The two backends of the vectors: one whose keys take AAD and have a version, one whose keys take none. */
export const BACKENDS: Readonly<Record<'direct' | 'sealed', { name: string; options: FakeOptions }>> = {
  direct: { name: 'eu', options: { aad: 'bytes', version: 'v7' } },
  sealed: { name: 'vault-1', options: { aad: 'none' } },
};
export const KEY_ID = 'projects/p/keys/orders';

interface Message {
  readonly name: string;
  readonly plaintext: Buffer;
  readonly associatedData?: string;
}

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
const MESSAGES: readonly Message[] = [
  { name: 'text', plaintext: Buffer.from('attack at dawn') },
  { name: 'empty plaintext', plaintext: Buffer.alloc(0) },
  { name: 'all 256 bytes', plaintext: ALL_BYTES },
  { name: 'one block', plaintext: Buffer.alloc(16, 0x42) },
  { name: 'empty associated data', plaintext: Buffer.from('attack at dawn'), associatedData: '' },
  { name: 'associated data', plaintext: Buffer.from('attack at dawn'), associatedData: 'order-1' },
  {
    name: 'associated data beyond ASCII',
    plaintext: Buffer.from('grüße \u{1F511}'),
    associatedData: 'n\u00fcr \u65e5\u672c \u{1F600}\u0000',
  },
  { name: 'nothing but associated data', plaintext: Buffer.alloc(0), associatedData: 'order-1' },
];

/** A service on one fake backend, with randomness that `seed` decides. */
export async function vectorService(mode: 'direct' | 'sealed', seed: string) {
  const { name, options } = BACKENDS[mode];
  const { registry, random } = makeRegistry([fakePlugin(name, options)], {}, seed);
  await registry.open();
  return { service: new EnvelopeService(registry, random), random };
}

export async function acceptedEnvelopes(): Promise<AcceptVector[]> {
  const vectors: AcceptVector[] = [];
  for (const mode of ['direct', 'sealed'] as const) {
    for (const message of MESSAGES) vectors.push(await accepted(mode, message));
  }
  return vectors;
}

async function accepted(mode: 'direct' | 'sealed', message: Message): Promise<AcceptVector> {
  const name = `${mode}: ${message.name}`;
  const { service, random } = await vectorService(mode, name);
  const { plaintext, associatedData } = message;
  const bound = associatedData === undefined ? {} : { associatedData };
  const binding = { backend: BACKENDS[mode].name, keyId: KEY_ID, ...bound };
  const envelope = await service.encrypt({ ...binding, plaintext }, CALL);
  const keys = random.given.filter((bytes) => bytes.length === 64);
  const { forKms, forPayload } = bindContext(binding);
  return {
    name,
    verdict: 'accept',
    mode,
    envelope,
    plaintext: plaintext.toString('hex'),
    data_key: keys.at(-1)!,
    ...(mode === 'sealed' && { inner_key: keys[0]! }),
    kms_aad: Buffer.from(forKms.bytes).toString('hex'),
    payload_aad: Buffer.from(forPayload).toString('hex'),
  };
}
