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
import { SERVICE_KINDS, SERVICES, type FaultyService } from '../support/services/index.js';
import { outcomeOf, rowsOf, type Outcome, type Row } from './fault-table.js';
import { pluginOf } from './plugin-of.js';

/** The deadline of a call to a key service: a healthy call must fit in on a busy machine. */
const DEADLINE_MS = 1500;
const OPEN_MS = 5000;
/** Outages in a row before the breaker opens: more than all rows of the table make. */
const MANY = 10_000;

/** What a request needs that opens an envelope of one backend. */
interface Sealed {
  readonly token: string;
  readonly envelope: object;
}

/** A server with both as backends, and what its callers do. */
class Site {
  readonly #sealed = new Map<FaultyService, Sealed>();

  private constructor(
    readonly server: TestServer,
    readonly healthy: FaultyService,
    readonly faulty: FaultyService,
  ) {}

  static async start(
    healthy: FaultyService,
    faulty: FaultyService,
    { breakerFailures, now }: { breakerFailures: number; now: () => number },
  ): Promise<Site> {
    const server = await startServer({
      backends: [pluginOf(healthy, 'healthy'), pluginOf(faulty, 'faulty')],
      settings: { kmsTimeout: DEADLINE_MS, kmsBreakerFailures: breakerFailures, logLevel: 'silent' },
      overrides: { clock: { now } },
    });
    const site = new Site(server, healthy, faulty);
    for (const service of [healthy, faulty]) {
      const scope = site.#scopeOf(service);
      const [token, envelope] = await Promise.all([issueToken(server, scope), seal(server, scope)]);
      site.#sealed.set(service, { token, envelope });
    }
    return site;
  }

  encrypt(service: FaultyService): Promise<Answer> {
    return post(this.server, '/envelope/encrypt', { ...this.#scopeOf(service), plaintext: 'attack at dawn' });
  }

  decrypt(service: FaultyService): Promise<Answer> {
    return post(this.server, '/envelope/decrypt', this.#sealed.get(service));
  }

  #scopeOf(service: FaultyService) {
    return { backend: service === this.healthy ? 'healthy' : 'faulty', key_id: service.keyId };
  }
}

describe.each(SERVICE_KINDS)('a server with a healthy backend and a faulty %s', (kind) => {
  let healthy: FaultyService;
  let faulty: FaultyService;
  let site: Site;

  beforeAll(async () => {
    [healthy, faulty] = await Promise.all([SERVICES.vault(), SERVICES[kind]()]);
    site = await Site.start(healthy, faulty, { breakerFailures: MANY, now: Date.now });
  });
  afterEach(() => faulty.proxy.lift());
  afterAll(async () => {
    await site.server.close();
    await Promise.all([healthy.stop(), faulty.stop()]);
  });

  const begin = ({ fault }: Row): void => {
    faulty.proxy.standing = typeof fault === 'function' ? fault(faulty) : fault;
  };

  it('is degraded and takes requests while the faulty one is down', async () => {
    faulty.proxy.standing = { kind: 'black-hole' };
    const { status, body } = await get(site.server, '/readyz');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'degraded',
      backends: { healthy: { status: 'up' }, faulty: { status: 'down' } },
    });
  });

  it.each(rowsOf(kind))(
    'under $name answers as the table says for the faulty one, and 200 for the other',
    async (row) => {
      begin(row);
      let ended = 0;
      const asked = [site.encrypt(faulty), site.decrypt(faulty)];
      for (const answer of asked) void answer.then(() => (ended += 1));
      const others = [await site.encrypt(healthy), await site.decrypt(healthy)];
      const endedBefore = ended;
      const [encrypted, decrypted] = await Promise.all(asked);
      expect(others.map(({ status }) => status)).toEqual([200, 200]);
      expect(others[1]!.body.plaintext).toBe('attack at dawn');
      if (row.hangs) expect(endedBefore).toBe(0);
      expectOutcome(encrypted!, outcomeOf(row, kind, 'wrapKey'));
      expectOutcome(decrypted!, outcomeOf(row, kind, 'unwrapKey'));
      faulty.proxy.lift();
      expect([(await site.encrypt(faulty)).status, (await site.decrypt(faulty)).status]).toEqual([200, 200]);
    },
  );
});

describe('a server with a healthy backend and one that is out', () => {
  it('answers 503 with Retry-After without asking, 200 for the other, and 200 for both when it is back', async () => {
    let ahead = 0;
    const [healthy, faulty] = await Promise.all([SERVICES.vault(), SERVICES.vault()]);
    const site = await Site.start(healthy, faulty, { breakerFailures: 1, now: () => Date.now() + ahead });
    faulty.proxy.standing = { kind: 'reset' };
    await site.encrypt(faulty);
    const before = faulty.proxy.requests;
    const refused = await site.encrypt(faulty);
    expectProblem(refused, 503, 'kms_error');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(faulty.proxy.requests).toBe(before);
    expect((await site.encrypt(healthy)).status).toBe(200);
    faulty.proxy.lift();
    ahead += OPEN_MS;
    expect([(await site.encrypt(faulty)).status, (await site.encrypt(healthy)).status]).toEqual([200, 200]);
    await site.server.close();
    await Promise.all([healthy.stop(), faulty.stop()]);
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
