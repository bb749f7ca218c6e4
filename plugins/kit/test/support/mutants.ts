import { isKmsError, KmsError, type BoundAad, type Call, type OpenedKey } from 'kkp-plugin-kit';
import type { Flavour, ReferenceBackend } from './reference-backend.js';
import type { Break } from './reference-harness.js';

/** A backend with one fault, and the one rule that must find it. */
export interface Mutant {
  readonly rule: string;
  readonly fault: string;
  readonly flavour: Flavour;
  readonly spoil: Break;
}

export const MUTANTS: readonly Mutant[] = [
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
  rich('unknown-key-wraps-nothing', 'creates a missing key', (backend) => {
    const wrapKey = backend.wrapKey.bind(backend);
    backend.wrapKey = (request, call) => {
      if (request.keyId === 'absent') backend.service.createKey('absent');
      return wrapKey(request, call);
    };
  }),
  rich('unknown-key-opens-nothing', 'calls a missing key a bad blob', (backend) => {
    const unwrapKey = backend.unwrapKey.bind(backend);
    backend.unwrapKey = async (request, call) => {
      if (request.keyId === 'absent') throw new KmsError('invalid-ciphertext', 'The blob does not open.');
      return unwrapKey(request, call);
    };
  }),
  rich('unknown-key-opens-nothing', 'creates a missing key after the first failure', (backend) => {
    const unwrapKey = backend.unwrapKey.bind(backend);
    backend.unwrapKey = (request, call) =>
      unwrapKey(request, call).catch((error: unknown) => {
        if (request.keyId === 'absent') backend.service.createKey('absent');
        throw error;
      });
  }),
  rich('unknown-key-not-described', 'describes a missing key as of unknown state', (backend) => {
    const describeKey = backend.describeKey.bind(backend);
    backend.describeKey = async (ref, call) =>
      ref === 'absent'
        ? { ...(await describeKey('one', call)), key: { keyId: 'key:absent' }, state: 'unknown' }
        : describeKey(ref, call);
  }),
  rich('wrap-names-key', 'names no algorithm', (backend) => {
    const wrapKey = backend.wrapKey.bind(backend);
    backend.wrapKey = async (request, call) => ({ ...(await wrapKey(request, call)), alg: '' });
  }),
  rich('unwrap-names-key', 'answers with the alias it was asked for', (backend) => {
    onOpened(backend, (opened, { keyId }) => ({ ...opened, key: { ...opened.key, keyId } }));
  }),
  rich('describe-is-canonical', 'describes an alias as if it were the key id', (backend) => {
    const describeKey = backend.describeKey.bind(backend);
    backend.describeKey = async (ref, call) => {
      const described = await describeKey(ref, call);
      return { ...described, key: { ...described.key, keyId: ref } };
    };
  }),
  rich('capabilities-are-pure', 'hands out capabilities that anybody can change', (backend) => {
    const capabilities = backend.capabilities.bind(backend);
    backend.capabilities = () => ({ ...capabilities() });
  }),
  plain('optional-calls-declared', 'has a rewrap that it does not declare', (backend) => {
    Object.assign(backend, { rewrap: () => Promise.reject(new KmsError('unsupported', 'No.')) });
  }),
  rich('data-key-opens', 'generates one data key for ever', (backend) => {
    const ever = new Uint8Array(64);
    Object.assign(backend, {
      generateDataKey: async (request: { keyId: string; bytes: number; aad?: BoundAad }, call: Call) => {
        const plaintext = ever.slice(0, request.bytes);
        const wrapped = await backend.wrapKey({ ...request, plaintext }, call);
        return { plaintext, key: wrapped.key, wrapped };
      },
    });
  }),
  rich('rewrap-moves', 'keeps the old AAD', (backend) => {
    const rewrap = backend.rewrap!.bind(backend);
    Object.assign(backend, {
      rewrap: (request: Parameters<typeof rewrap>[0], call: Call) =>
        rewrap({ ...request, toAad: request.aad! }, call),
    });
  }),
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
  rich('parallel-calls', 'holds the answer where the next call overwrites it', (backend) => {
    let latest: OpenedKey;
    const unwrapKey = backend.unwrapKey.bind(backend);
    backend.unwrapKey = async (request, call) => {
      latest = await unwrapKey(request, call);
      await Promise.resolve();
      return latest;
    };
  }),
  rich('another-connection', 'opens only what it wrapped itself', (backend) => {
    const wrapKey = backend.wrapKey.bind(backend);
    const own = new Set<string>();
    backend.wrapKey = async (request, call) => {
      const wrapped = await wrapKey(request, call);
      own.add(hex(wrapped.blob));
      return wrapped;
    };
    onOpened(backend, (opened, { wrapped }) => {
      if (own.has(hex(wrapped.blob))) return opened;
      throw new KmsError('invalid-ciphertext', 'The blob does not open.');
    });
  }),
  rich('health-is-told', 'tells the time in seconds', (backend) => {
    const health = backend.health.bind(backend);
    backend.health = async (call) => ({ ...(await health(call)), checkedAt: Math.floor(Date.now() / 1000) });
  }),
  rich('abort-before-call', 'does not look whether its caller has gone already', (backend) => {
    const describeKey = backend.describeKey.bind(backend);
    backend.describeKey = (ref, call) =>
      describeKey(ref, call.signal.aborted ? { ...call, signal: new AbortController().signal } : call);
  }),
  rich('abort-during-call', 'waits on although its caller goes', (backend) => {
    const describeKey = backend.describeKey.bind(backend);
    backend.describeKey = (ref, call) =>
      describeKey(ref, call.signal.aborted ? call : { ...call, signal: new AbortController().signal });
  }),
  rich('close-is-idempotent', 'complains about a second close', (backend) => {
    let closed = false;
    const close = backend.close.bind(backend);
    backend.close = async () => {
      if (closed) throw new KmsError('unavailable', 'Closed already.');
      closed = true;
      return close();
    };
  }),
  rich('close-before-open', 'cannot be closed before it is open', (backend) => {
    let opened = false;
    const [open, close] = [backend.open.bind(backend), backend.close.bind(backend)];
    backend.open = async (call) => {
      opened = true;
      return open(call);
    };
    backend.close = async () => {
      if (!opened) throw new KmsError('unavailable', 'Not open.');
      return close();
    };
  }),
  rich('use-after-close', 'is down instead of unavailable once closed', (backend) => {
    let closed = false;
    const [health, close] = [backend.health.bind(backend), backend.close.bind(backend)];
    backend.close = async () => {
      closed = true;
      return close();
    };
    backend.health = (call) =>
      closed ? Promise.resolve({ status: 'down', latencyMs: 0, checkedAt: Date.now() }) : health(call);
  }),
  rich('rotation-strands-nothing', 'remembers two versions', (backend) => {
    onOpened(backend, (opened, { keyId }) => {
      const { versions } = backend.service.find(keyId);
      if (versions.length < 3 || opened.key.version !== 'v1') return opened;
      throw new KmsError('invalid-ciphertext', 'The blob does not open.');
    });
  }),
  rich('rotation-is-told', 'never calls a blob stale', (backend) => {
    onOpened(backend, (opened) => ({ ...opened, stale: false }));
  }),
  rich('disabled-key-opens-nothing', 'opens with a disabled key', (backend) => {
    const unwrapKey = backend.unwrapKey.bind(backend);
    backend.unwrapKey = ({ keyId, ...request }, call) =>
      whileEnabled(backend, keyId, 'disabled', () => unwrapKey({ keyId, ...request }, call));
  }),
  rich('disabled-key-wraps-nothing', 'wraps with a disabled key', (backend) => {
    const wrapKey = backend.wrapKey.bind(backend);
    backend.wrapKey = ({ keyId, ...request }, call) =>
      whileEnabled(backend, keyId, 'disabled', () => wrapKey({ keyId, ...request }, call));
  }),
  rich('deleted-key-refused', 'opens with a deleted key', (backend) => {
    const unwrapKey = backend.unwrapKey.bind(backend);
    backend.unwrapKey = ({ keyId, ...request }, call) =>
      whileEnabled(backend, keyId, 'destroyed', () => unwrapKey({ keyId, ...request }, call));
  }),
];

type Unwrap = ReferenceBackend['unwrapKey'];

function rich(rule: string, fault: string, spoil: Break): Mutant {
  return { rule, fault, flavour: 'rich', spoil };
}

function plain(rule: string, fault: string, spoil: Break): Mutant {
  return { rule, fault, flavour: 'plain', spoil };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Changes what `unwrapKey` answers. */
function onOpened(
  backend: ReferenceBackend,
  change: (opened: OpenedKey, request: Parameters<Unwrap>[0]) => OpenedKey,
): void {
  const unwrapKey = backend.unwrapKey.bind(backend);
  backend.unwrapKey = async (request, call) => change(await unwrapKey(request, call), request);
}

/** Has `second` try what `unwrapKey` refused as invalid-ciphertext. */
function orElse(
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

function changeAad(backend: ReferenceBackend, change: (aad: BoundAad) => BoundAad | undefined): void {
  const [wrapKey, unwrapKey] = [backend.wrapKey.bind(backend), backend.unwrapKey.bind(backend)];
  const changed = (aad: BoundAad | undefined): { aad?: BoundAad } => {
    const weak = aad && change(aad);
    return weak ? { aad: weak } : {};
  };
  backend.wrapKey = ({ aad, ...request }, call) => wrapKey({ ...request, ...changed(aad) }, call);
  backend.unwrapKey = ({ aad, ...request }, call) => unwrapKey({ ...request, ...changed(aad) }, call);
}

function changeBlob(backend: ReferenceBackend, change: (blob: Uint8Array) => Uint8Array): void {
  const unwrapKey = backend.unwrapKey.bind(backend);
  backend.unwrapKey = ({ wrapped, ...request }, call) =>
    unwrapKey({ ...request, wrapped: { ...wrapped, blob: change(wrapped.blob) } }, call);
}

async function whileEnabled<T>(
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
