import { jwt, type Authenticator } from '../../src/callers/index.js';
import { Kkp } from '../../src/kkp.js';
import { proofMaker } from '../support/dpop.js';
import { encodeForm, type Form } from '../support/form.js';
import { TestIssuer } from '../support/issuer.js';
import { rawRequest, sendRaw } from '../support/raw-http.js';
import { emulations, get, GRANT, startServer, type TestServer } from '../support/server.js';
import { requestFor, type RouteRequest } from './ask-route.js';
import { PLANTS, spellings, type Ground, type Plant } from './canaries.js';
import { knownCallers, type Callers } from './credentials.js';
import { ADMIN, ROUTES, type Material, type Route } from './route-matrix.js';

const clock = { seconds: 1_700_000_000, now: () => clock.seconds * 1000 };
const secretOf = (place: string, at: number): string => `canary-${place}-${at}-5f1c`;

/** Fails in a way that no authenticator should, and says what it must not. */
const indiscreet: Authenticator = {
  authenticate: ({ headers }) => {
    const guess = headers['x-guess'];
    return guess === undefined
      ? Promise.resolve(undefined)
      : Promise.reject(new TypeError(`not ${String(guess)}`, { cause: String(guess) }));
  },
};

let server: TestServer;
let callers: Callers;
let broken: TestIssuer;
let ground: Ground;
let material: Material;

beforeAll(async () => {
  callers = await knownCallers(clock);
  broken = await TestIssuer.start();
  broken.fault = (_request, response) => response.end('{"keys": canary-jwks-0-5f1c');
  const lost = jwt({ issuer: broken.url, audience: 'kkp', jwksUrl: broken.jwksUrl }, clock);
  server = await startServer({
    backends: emulations(),
    settings: { logLevel: 'debug' },
    overrides: { clock, callers: [...callers.authenticators, lost, indiscreet] },
  });
  const kkp = server.app.get(Kkp, { strict: false });
  const grant = { ...GRANT, policy_claims: { environment: 'production' } };
  const issue = async () => (await kkp.issueToken(grant, { caller: ADMIN })).token;
  const expired = await issue();
  clock.seconds += 300;
  const token = await issue();
  const sealed = { backend: GRANT.backend, key_id: GRANT.key_id, plaintext: 'attack at dawn' };
  const { envelope } = await kkp.encrypt(sealed, { caller: ADMIN });
  material = { token, envelope };
  ground = {
    ...callers.wallet({ token, expired }),
    client: await proofMaker('ES256'),
    brokenIssuer: broken.url,
    envelope,
    large: (secret) => ({ environment: 'production', x: secret.repeat(5_000) }),
  };
});
afterAll(async () => {
  await server.close();
  await Promise.all([callers.issuer.close(), broken.close()]);
});

/** A good request with the plant in it, as bytes. */
function planted(
  { path, headers, body, method }: RouteRequest,
  plant: Plant,
  shown: readonly string[],
): string {
  const own = plant.headers ?? [];
  const named = (name: string) => own.some((header) => header.toLowerCase().startsWith(name));
  const type = headers['content-type'];
  const lines = [
    'Host: x',
    'Connection: close',
    ...own,
    ...shown,
    ...(type !== undefined && !named('content-type') ? [`Content-Type: ${type}`] : []),
  ];
  const text =
    plant.body ?? (plant.form ? withForm(body!, plant.form) : body && withMembers(body, plant.members));
  return rawRequest(plant.method ?? method, plant.target?.(path) ?? path, text, lines);
}

const withForm = (body: string, form: Form): string =>
  encodeForm({ ...Object.fromEntries(new URLSearchParams(body)), ...form });

function withMembers(body: string, members: object | undefined): string {
  if (members === undefined) return body;
  const good = JSON.parse(body) as { items?: object[] };
  return JSON.stringify(
    good.items ? { items: good.items.map((item) => ({ ...item, ...members })) } : { ...good, ...members },
  );
}

/** Routes that a plant can be put in. HEAD is GET without a body. */
const routesFor = (place: keyof typeof PLANTS) =>
  Object.entries(ROUTES).filter(([name, { body, isForm }]) => {
    if (place === 'head') return !name.startsWith('HEAD');
    return body && (place === 'form') === (isForm === true);
  });

const ADMINISTRATOR = ['X-Badge: admin'];
/** Of a stranger no JSON is read, and of whoever asks for what is public no credential. */
const showing = (place: keyof typeof PLANTS, { body }: Route): readonly (readonly string[])[] => {
  if (place === 'json') return [ADMINISTRATOR];
  return body ? [[], ADMINISTRATOR] : [[]];
};

const all = (Object.keys(PLANTS) as (keyof typeof PLANTS)[]).flatMap((place) =>
  Object.entries(PLANTS[place]).map(
    ([name, plant], at) => [name, place, plant, secretOf(place, at)] as const,
  ),
);
/** Everything that must not be seen, by what it is. */
const needles: [name: string, text: string][] = [['the answer of an issuer', 'canary-jwks-0-5f1c']];

describe('a secret', () => {
  it('is sent in more than a hundred places', () => {
    expect(new Set(all.map(([, , , secret]) => secret)).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(150);
  });

  it.each(all)('is in no refusal: %s', async (name, place, plant, secret) => {
    const made = await plant(secret, ground);
    const forms = [...spellings(secret), ...(made.needles ?? [])];
    needles.push(...forms.map((form): [string, string] => [name, form]));
    let refusals = 0;
    for (const [route, described] of routesFor(place)) {
      for (const shown of showing(place, described)) {
        const answer = await sendRaw(
          server.url,
          planted(requestFor(route, described, material), made, shown),
        );
        const status = Number(answer.slice(9, 12));
        if (status < 400 && !answer.includes('"status":4')) continue;
        refusals += 1;
        expect([route, forms.filter((form) => answer.includes(form))]).toEqual([route, []]);
      }
    }
    expect(refusals).toBeGreaterThan(0);
  });

  it('is in no line of the log, no metric and no word on readiness', async () => {
    const outputs = {
      log: JSON.stringify(server.logs),
      metrics: (await get(server, '/metrics')).body as string,
      readiness: JSON.stringify((await get(server, '/readyz')).body),
    };
    expect(server.logs.length).toBeGreaterThan(2_000);
    expect(needles.length).toBeGreaterThan(4 * all.length);
    const seen = Object.entries(outputs).flatMap(([output, text]) =>
      needles.filter(([, needle]) => text.includes(needle)).map(([name]) => `${output}: ${name}`),
    );
    expect(seen).toEqual([]);
  });
});
