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
  const changed = <T extends { aad?: BoundAad }>({ aad, ...request }: T) => {
    const weak = aad && change(aad);
    return { ...request, ...(weak && { aad: weak }) };
  };
  backend.wrapKey = (request, call) => wrapKey(changed(request), call);
  backend.unwrapKey = (request, call) => unwrapKey(changed(request), call);
  onGenerate(backend, (generate) => (request, call) => generate(changed(request), call));
  onRewrap(backend, (rewrap) => ({ toAad, ...request }, call) => {
    const weak = toAad && change(toAad);
    return rewrap({ ...changed(request), ...(weak && { toAad: weak }) }, call);
  });
}

type Generate = NonNullable<ReferenceBackend['generateDataKey']>;
type Rewrap = NonNullable<ReferenceBackend['rewrap']>;

/** Does nothing where the backend makes no data keys. */
export function onGenerate(backend: ReferenceBackend, change: (generate: Generate) => Generate): void {
  const generate = backend.generateDataKey?.bind(backend);
  if (generate) Object.assign(backend, { generateDataKey: change(generate) });
}

/** Does nothing where the backend does not rewrap. */
export function onRewrap(backend: ReferenceBackend, change: (rewrap: Rewrap) => Rewrap): void {
  const rewrap = backend.rewrap?.bind(backend);
  if (rewrap) Object.assign(backend, { rewrap: change(rewrap) });
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
