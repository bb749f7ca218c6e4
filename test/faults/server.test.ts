import { ERRORS, publicCode } from '../../src/errors.js';
import {
  expectProblem,
  get,
  issueToken,
  post,
  seal,
  startServer,
  type Answer,
  type TestServer,
} from '../support/server.js';
import { outcomeOf, ROWS, type Outcome, type Row } from './fault-table.js';
import { SERVICE_KINDS, SERVICES, type FaultyService } from '../support/services/index.js';
import { pluginOf } from './plugin-of.js';

/** The deadline of a call to a key service: a healthy call must fit in on a busy machine. */
const DEADLINE_MS = 800;

/** What a request needs that opens an envelope of one backend. */
interface Sealed {
  readonly token: string;
  readonly envelope: object;
}

describe.each(SERVICE_KINDS)('a server with a healthy backend and a faulty %s', (kind) => {
  let server: TestServer;
  let healthy: FaultyService;
  let faulty: FaultyService;
  const sealed = new Map<FaultyService, Sealed>();

  beforeAll(async () => {
    [healthy, faulty] = await Promise.all([SERVICES.vault(), SERVICES[kind]()]);
    server = await startServer({
      backends: [pluginOf(healthy, 'healthy'), pluginOf(faulty, 'faulty')],
      settings: { kmsTimeout: DEADLINE_MS, logLevel: 'silent' },
    });
    for (const service of [healthy, faulty]) {
      const scope = scopeOf(service);
      sealed.set(service, { token: await issueToken(server, scope), envelope: await seal(server, scope) });
    }
  });
  afterEach(() => faulty.proxy.lift());
  afterAll(async () => {
    await server.close();
    await Promise.all([healthy.stop(), faulty.stop()]);
  });

  const scopeOf = (service: FaultyService) => ({
    backend: service === healthy ? 'healthy' : 'faulty',
    key_id: service.keyId,
  });
  const begin = ({ fault }: Row): void => {
    faulty.proxy.standing = typeof fault === 'function' ? fault(faulty) : fault;
  };
  const encrypt = (service: FaultyService) =>
    post(server, '/envelope/encrypt', { ...scopeOf(service), plaintext: 'attack at dawn' });
  const decrypt = (service: FaultyService) => post(server, '/envelope/decrypt', sealed.get(service)!);

  it('is degraded and takes requests while the faulty one is down', async () => {
    faulty.proxy.standing = { kind: 'black-hole' };
    const { status, body } = await get(server, '/readyz');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'degraded',
      backends: { healthy: { status: 'up' }, faulty: { status: 'down' } },
    });
  });

  it.each(ROWS)(
    'under $name answers what the table says for the faulty one, and 200 for the other',
    async (row) => {
      begin(row);
      let ended = 0;
      const asked = [encrypt(faulty), decrypt(faulty)].map((answer) => answer.finally(() => (ended += 1)));
      const others = [await encrypt(healthy), await decrypt(healthy)];
      const endedBefore = ended;
      const [encrypted, decrypted] = await Promise.all(asked);
      expect(others.map(({ status }) => status)).toEqual([200, 200]);
      expect(others[1]!.body.plaintext).toBe('attack at dawn');
      if (row.hangs) expect(endedBefore).toBe(0);
      expectOutcome(encrypted!, outcomeOf(row, kind, 'wrapKey'));
      expectOutcome(decrypted!, outcomeOf(row, kind, 'unwrapKey'));
    },
  );

  it('answers for both when the fault is lifted', async () => {
    faulty.proxy.standing = { kind: 'reset' };
    await encrypt(faulty);
    faulty.proxy.lift();
    const answers = [await encrypt(faulty), await decrypt(faulty), await decrypt(healthy)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});

function expectOutcome(answer: Answer, outcome: Outcome): void {
  if (outcome === 'ok') {
    expect(answer.status).toBe(200);
    return;
  }
  // What does not open is the envelope's fault, for all that callers are told.
  const code = outcome.kms === 'invalid-ciphertext' ? 'envelope_error' : outcome.kkp;
  expectProblem(answer, ERRORS[code].status, publicCode(code));
  const { retryAfterSeconds } = outcome;
  expect(answer.headers.get('retry-after')).toBe(retryAfterSeconds ? String(retryAfterSeconds) : null);
}
