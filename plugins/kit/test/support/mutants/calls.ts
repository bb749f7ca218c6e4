import { KmsError, type OpenedKey, type WrappedKey } from 'kkp-plugin-kit';
import { hex, onGenerate, onOpened, onRewrap, plain, rich, type Mutant } from './mutant.js';

/** Faults in the calls themselves: declared, parallel, aborted, closed. */
export const callsMutants: readonly Mutant[] = [
  rich('capabilities-are-pure', 'hands out capabilities that anybody can change', (backend) => {
    const capabilities = backend.capabilities.bind(backend);
    backend.capabilities = () => ({ ...capabilities() });
  }),
  plain('optional-calls-declared', 'has a rewrap that it does not declare', (backend) => {
    Object.assign(backend, { rewrap: () => Promise.reject(new KmsError('unsupported', 'No.')) });
  }),
  plain('capabilities-agree', 'declares a limit for AAD that it does not take', (backend) => {
    const declared = Object.freeze({ ...backend.capabilities(), maxAadBytes: 64 });
    backend.capabilities = () => declared;
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
    const note = (wrapped: WrappedKey): WrappedKey => {
      own.add(hex(wrapped.blob));
      return wrapped;
    };
    backend.wrapKey = async (request, call) => note(await wrapKey(request, call));
    onRewrap(backend, (rewrap) => async (request, call) => note(await rewrap(request, call)));
    onGenerate(backend, (generate) => async (request, call) => {
      const made = await generate(request, call);
      note(made.wrapped);
      return made;
    });
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
  rich('abort-before-call', 'rewraps for a caller who has gone', (backend) => {
    onRewrap(
      backend,
      (rewrap) => (request, call) =>
        rewrap(request, call.signal.aborted ? { ...call, signal: new AbortController().signal } : call),
    );
  }),
  rich('deadline-before-call', 'begins what nobody waits for any longer', (backend) => {
    const describeKey = backend.describeKey.bind(backend);
    backend.describeKey = (ref, call) =>
      describeKey(ref, call.deadline < Date.now() ? { ...call, deadline: Infinity } : call);
  }),
  rich('deadline-during-call', 'leaves the deadline to the signal', (backend) => {
    const describeKey = backend.describeKey.bind(backend);
    backend.describeKey = (ref, call) =>
      describeKey(ref, call.deadline < Date.now() ? call : { ...call, deadline: Infinity });
  }),
  rich('use-before-open', 'opens itself at the first call', (backend) => {
    const describeKey = backend.describeKey.bind(backend);
    backend.describeKey = async (ref, call) => {
      if (backend.state === 'new') await backend.open(call);
      return describeKey(ref, call);
    };
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
