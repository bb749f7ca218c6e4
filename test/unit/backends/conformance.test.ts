import { KmsError, type Call, type Host, type KmsBackend, type KmsPlugin } from 'kkp-plugin-kit';
import { describeKmsBackend } from 'kkp-plugin-kit/testkit';
import { memory } from 'kkp-plugin-memory';
import { BackendRegistry } from '../../../src/backends/index.js';
import { systemRandom } from '../../../src/random.js';

/** What the registry makes of a plugin, in the shape that the suite takes. */
function throughRegistry(plugin: KmsPlugin, host: Host): KmsBackend {
  const registry = new BackendRegistry([plugin], {}, host.clock, systemRandom, host.log);
  const backend = registry.get(plugin.name);
  const { generateDataKey, rewrap } = backend.capabilities('orders');
  return {
    capabilities: (keyId) => backend.capabilities(keyId),
    open: async ({ signal }) => {
      if (signal.aborted) throw new KmsError('unavailable', 'Opening has no caller here.');
      await registry.open();
    },
    wrapKey: (request, call) => backend.wrapKey(request, call),
    unwrapKey: (request, call) => backend.unwrapKey(request, call),
    describeKey: (ref, call) => backend.describeKey(ref, call, { maxAgeMs: 0 }),
    health: async (call) => {
      const health = await backend.health(call);
      if (health.status !== 'down') return health;
      throw new KmsError('unavailable', 'The wrapper says what a backend throws.');
    },
    ...(generateDataKey && { generateDataKey: backend.generateDataKey.bind(backend) }),
    ...(rewrap !== 'none' && { rewrap: backend.rewrap.bind(backend) }),
    close: () => registry.close(),
  };
}

/** The wrapper sets deadlines of its own: that of a call comes to it as the call's signal. */
function deadlinesAsSignals(backend: KmsBackend): KmsBackend {
  const limited = (call: Call): Call => {
    const left = call.deadline - Date.now();
    const over = left > 0 ? AbortSignal.timeout(left) : AbortSignal.abort();
    return { ...call, signal: AbortSignal.any([call.signal, over]) };
  };
  const { generateDataKey, rewrap } = backend;
  return {
    ...backend,
    open: (call) => backend.open(limited(call)),
    wrapKey: (request, call) => backend.wrapKey(request, limited(call)),
    unwrapKey: (request, call) => backend.unwrapKey(request, limited(call)),
    describeKey: (ref, call) => backend.describeKey(ref, limited(call)),
    ...(generateDataKey && { generateDataKey: (request, call) => generateDataKey(request, limited(call)) }),
    ...(rewrap && { rewrap: (request, call) => rewrap(request, limited(call)) }),
  };
}

describe.each(['aws', 'gcp', 'azure'] as const)('memory as %s, behind the portable wrapper', (emulates) => {
  const ids = { keyId: 'orders', otherKeyId: 'invoices', unknownKeyId: 'absent' };
  const keys = [ids.keyId, ids.otherKeyId];
  const plugin = memory({ name: 'dev', emulates, seed: 'contract', createKeys: false, keys });
  describeKmsBackend(`memory as ${emulates}`, {
    ...ids,
    connect: (host) => deadlinesAsSignals(throughRegistry(plugin, host)),
    admin: plugin.admin,
    promptMs: 200,
  });
});
