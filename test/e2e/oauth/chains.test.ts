import { athOf, proofMaker, type ProofMaker } from '../../support/dpop.js';
import { DETAILS, detailsOf, EXCHANGE, JWT, postForm, type Form } from '../../support/form.js';
import { TokenVerifier, type TokenClaims } from '../../../src/tokens/index.js';
import { SeededRandom } from '../../unit/keys/fixtures.js';
import { escalations } from '../../unit/oauth/escalations.js';
import { startOAuth, type ClientName, type OAuthServer } from './setup.js';

const CHAINS = 200;
const NAMES: readonly ClientName[] = ['svc-billing', 'svc-gateway', 'svc-reports', 'issuer', 'admin'];

let server: OAuthServer;
let keys: ProofMaker[];
beforeAll(async () => {
  server = await startOAuth({ settings: { tokenIssuer: 'https://kkp.example' } });
  keys = [await proofMaker('ES256'), await proofMaker('EdDSA')];
});
afterAll(() => server.close());

describe('200 chains of exchanges over HTTP', () => {
  it('never escalate either', async () => {
    const bytes = new SeededRandom('http chains');
    const pick = <T>(from: readonly T[]): T => from[bytes.bytes(4).readUInt32BE() % from.length]!;
    const maybe = (form: Form): Form => (pick([true, false, false]) ? form : {});
    const verifier = server.app.get(TokenVerifier, { strict: false });
    const statuses: Record<number, number> = {};

    const send = async (form: Form, name: ClientName, key?: ProofMaker, token?: string) => {
      const ath = token === undefined || pick([true, false]) ? {} : { ath: athOf(token) };
      const dpop = await key?.prove({ htm: 'POST', htu: `${server.url}/oauth/token`, ...ath });
      const headers = { ...server.as(name), ...(dpop !== undefined && { dpop }) };
      const { status, body } = await postForm(server, '/oauth/token', form, headers);
      statuses[status] = (statuses[status] ?? 0) + 1;
      return status === 200 ? (body.access_token as string) : undefined;
    };
    const wishes = (): Form => ({
      ...maybe({ scope: pick(['decrypt', 'decrypt rewrap', 'encrypt', 'data_key decrypt']) }),
      ...maybe({ ttl_seconds: pick(['1', '60', '900', '1000']) }),
      ...maybe({ audience: pick(['reports', 'reports', 'payroll']) }),
      ...maybe({ authorization_details: pick([DETAILS, detailsOf({ backend: 'gcp', key_id: 'k' })]) }),
    });

    let links = 0;
    for (let chain = 0; chain < CHAINS; chain++) {
      const root = { grant_type: 'client_credentials', audience: 'reports', authorization_details: DETAILS };
      let token = await send(
        { ...root, ...maybe({ scope: pick(['decrypt', 'decrypt encrypt rewrap']) }) },
        pick(NAMES),
        pick([undefined, undefined, keys[0]]),
      );
      for (let step = 0; token !== undefined && step < 3; step++) {
        const held: string = token;
        const name = pick(NAMES);
        const form = { grant_type: EXCHANGE, subject_token: held, subject_token_type: JWT, ...wishes() };
        const made: string | undefined = await send(form, name, pick([undefined, undefined, ...keys]), held);
        if (made === undefined) continue;
        const [parent, child]: TokenClaims[] = [verifier.verify(held), verifier.verify(made)];
        expect(escalations({ parent: parent!, child: child!, party: { id: name } })).toEqual([]);
        links += 1;
        token = made;
      }
    }
    expect(links).toBeGreaterThan(100);
    expect(statuses[400]).toBeGreaterThan(200);
    expect(Object.keys(statuses)).toEqual(['200', '400']);
  });
});
