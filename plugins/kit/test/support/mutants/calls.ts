import { KmsError, type BoundAad, type Call, type OpenedKey } from 'kkp-plugin-kit';
import { hex, onOpened, plain, rich, type Mutant } from './mutant.js';

/** Faults in the calls themselves: declared, parallel, aborted, closed. */
export const callsMutants: readonly Mutant[] = [
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
];
