import { Agent, request } from 'node:http';
import { systemClock } from '../../src/clock.js';
import { MemoryKeyStore } from '../../src/keys/index.js';
import { MemoryProofStore, type ProofStore } from '../../src/possession/index.js';
import { athOf, proofMaker } from '../support/dpop.js';
import { emulations, issueToken, seal, startServer, type TestServer } from '../support/server.js';

const URL_OUTSIDE = 'https://kms.example/envelope/decrypt';
const REQUESTS = 1000;

/** Three servers behind one URL, with the same signing keys and, if it is given, one memory of used proofs. */
async function startReplicas(store?: ProofStore): Promise<TestServer[]> {
  const keys = { store: new MemoryKeyStore() };
  const dpop = store && { store };
  const overrides = { publicUrl: 'https://kms.example', keys, ...(dpop && { dpop }) };
  const servers: TestServer[] = [];
  for (let count = 0; count < 3; count++) servers.push(await startServer({ backends, overrides }));
  return servers;
}

const backends = emulations();
// More at once would be more sockets than some machines let a process have.
const agent = new Agent({ keepAlive: true, maxSockets: 100 });
let servers: TestServer[] = [];

afterEach(() => Promise.all(servers.map((server) => server.close())));
afterAll(() => agent.destroy());

/** Sends all at once, to each server in turn. Statuses and error codes, in that order. */
async function openEverywhere(count: number): Promise<string[]> {
  const [first] = servers as [TestServer];
  const { jkt, prove } = await proofMaker();
  const token = await issueToken(first, { cnf: { jkt } });
  const dpop = await prove({ htm: 'POST', htu: URL_OUTSIDE, ath: athOf(token) });
  const body = JSON.stringify({ token, envelope: await seal(first) });
  return await Promise.all(
    Array.from({ length: count }, (_, at) => open(servers[at % servers.length]!, dpop, body)),
  );
}

const open = ({ url }: TestServer, dpop: string, body: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', dpop };
    request(`${url}/envelope/decrypt`, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const { error = '' } = JSON.parse(text) as { error?: string };
        resolve(`${response.statusCode} ${error}`.trim());
      });
    })
      .on('error', reject)
      .end(body);
  });

const count = (texts: readonly string[]): Record<string, number> =>
  Object.fromEntries([...new Set(texts)].map((text) => [text, texts.filter((one) => one === text).length]));

describe('three replicas', () => {
  it(`accept a proof once of ${REQUESTS} times at the same time, when they share a store`, async () => {
    servers = await startReplicas(new MemoryProofStore(10, systemClock));
    expect(count(await openEverywhere(REQUESTS))).toEqual({
      '200': 1,
      '401 invalid_dpop_proof': REQUESTS - 1,
    });
  });

  it('accept a proof not at all when the store cannot be reached', async () => {
    servers = await startReplicas({ use: () => Promise.reject(new Error('down')) });
    expect(count(await openEverywhere(9))).toEqual({ '500 internal_error': 9 });
  });

  it('accept a proof once each when they do not', async () => {
    servers = await startReplicas();
    expect(count(await openEverywhere(30))).toEqual({ '200': 3, '401 invalid_dpop_proof': 27 });
  });
});
