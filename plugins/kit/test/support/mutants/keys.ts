import { KmsError, type KeyPin } from 'kkp-plugin-kit';
import { onOpened, rich, whileEnabled, type Mutant } from './mutant.js';

/** Faults in which key is used, and in what is told of it. */
export const keysMutants: readonly Mutant[] = [
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
  rich('key-id-is-stable', 'goes back and forth between two names of a key', (backend) => {
    const describeKey = backend.describeKey.bind(backend);
    let answers = 0;
    backend.describeKey = async (ref, call) => {
      const described = await describeKey(ref, call);
      answers += 1;
      return answers % 3 === 0 ? { ...described, key: { ...described.key, keyId: ref } } : described;
    };
  }),
  rich('versions-not-reused', 'counts versions by one digit that begins again', (backend) => {
    const again = ({ version, ...key }: KeyPin): KeyPin => ({
      ...key,
      ...(version !== undefined && { version: version === 'v4' ? 'v1' : version }),
    });
    const [wrapKey, describeKey] = [backend.wrapKey.bind(backend), backend.describeKey.bind(backend)];
    backend.wrapKey = async (request, call) => {
      const wrapped = await wrapKey(request, call);
      return { ...wrapped, key: again(wrapped.key) };
    };
    backend.describeKey = async (ref, call) => {
      const described = await describeKey(ref, call);
      return { ...described, key: again(described.key) };
    };
    onOpened(backend, (opened) => ({ ...opened, key: again(opened.key) }));
  }),
  rich('described-version-wraps', 'describes the version that it saw first', (backend) => {
    const describeKey = backend.describeKey.bind(backend);
    const seen = new Map<string, string | undefined>();
    backend.describeKey = async (ref, call) => {
      const described = await describeKey(ref, call);
      const version = seen.get(ref) ?? described.key.version;
      seen.set(ref, version);
      return { ...described, key: { ...described.key, ...(version !== undefined && { version }) } };
    };
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
