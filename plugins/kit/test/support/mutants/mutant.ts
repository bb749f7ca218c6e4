import { isKmsError, type BoundAad, type Call, type KmsError, type OpenedKey } from 'kkp-plugin-kit';
import type { Flavour, ReferenceBackend } from '../reference-backend.js';
import type { Break } from '../reference-harness.js';

/** A backend with one fault, and the one rule that must find it. */
export interface Mutant {
  readonly rule: string;
  readonly fault: string;
  readonly flavour: Flavour;
  readonly spoil: Break;
}

type Unwrap = ReferenceBackend['unwrapKey'];

export function rich(rule: string, fault: string, spoil: Break): Mutant {
  return { rule, fault, flavour: 'rich', spoil };
}

export function plain(rule: string, fault: string, spoil: Break): Mutant {
  return { rule, fault, flavour: 'plain', spoil };
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Changes what `unwrapKey` answers. */
export function onOpened(
  backend: ReferenceBackend,
  change: (opened: OpenedKey, request: Parameters<Unwrap>[0]) => OpenedKey,
): void {
  const unwrapKey = backend.unwrapKey.bind(backend);
  backend.unwrapKey = async (request, call) => change(await unwrapKey(request, call), request);
}

/** Has `second` try what `unwrapKey` refused as invalid-ciphertext. */
export function orElse(
  backend: ReferenceBackend,
  second: (request: Parameters<Unwrap>[0], call: Call, error: KmsError) => ReturnType<Unwrap>,
): void {
  const unwrapKey = backend.unwrapKey.bind(backend);
  backend.unwrapKey = (request, call) =>
    unwrapKey(request, call).catch((error: unknown) => {
      if (isKmsError(error) && error.code === 'invalid-ciphertext') return second(request, call, error);
      throw error;
    });
}

export function changeAad(backend: ReferenceBackend, change: (aad: BoundAad) => BoundAad | undefined): void {
  const [wrapKey, unwrapKey] = [backend.wrapKey.bind(backend), backend.unwrapKey.bind(backend)];
  const changed = (aad: BoundAad | undefined): { aad?: BoundAad } => {
    const weak = aad && change(aad);
    return weak ? { aad: weak } : {};
  };
  backend.wrapKey = ({ aad, ...request }, call) => wrapKey({ ...request, ...changed(aad) }, call);
  backend.unwrapKey = ({ aad, ...request }, call) => unwrapKey({ ...request, ...changed(aad) }, call);
}

export function changeBlob(backend: ReferenceBackend, change: (blob: Uint8Array) => Uint8Array): void {
  const unwrapKey = backend.unwrapKey.bind(backend);
  backend.unwrapKey = ({ wrapped, ...request }, call) =>
    unwrapKey({ ...request, wrapped: { ...wrapped, blob: change(wrapped.blob) } }, call);
}

export async function whileEnabled<T>(
  backend: ReferenceBackend,
  keyId: string,
  from: 'disabled' | 'destroyed',
  run: () => Promise<T>,
): Promise<T> {
  const key = backend.service.keys.get(keyId);
  if (key?.state !== from) return run();
  key.state = 'enabled';
  return run().finally(() => (key.state = from));
}
