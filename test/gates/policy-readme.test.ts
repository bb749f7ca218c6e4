import { readFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import { PolicyHolder, type PolicyInput } from '../../src/policy/index.js';
import { systemRandom } from '../../src/random.js';
import { EXCHANGE, JWT, postForm } from '../support/form.js';
import { post, startServer, type TestServer } from '../support/server.js';

const readme = readFileSync(new URL('../../policy/README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/^```json\n([^]*?)^```$/gm)].map(
  ([, text]) => JSON.parse(text!) as PolicyInput,
);
const actions = readme.slice(0, readme.indexOf('## The default policy'));
const table = [...actions.matchAll(/^\| `(\w+)`/gm)].map((row) => row[1]);

/** Asks for everything that the examples are about. */
async function askForAll(server: TestServer): Promise<void> {
  const key = { backend: 'aws', key_id: 'alias/orders' };
  const policy_context = { ticket: 'OPS-7' };
  const { token } = (
    await post(server, '/token', {
      subject: 'billing',
      audience: 'reports',
      ...key,
      policy_claims: { environment: 'prod' },
      request_context: policy_context,
    })
  ).body as { token: string };
  await postForm(server, '/oauth/token', {
    grant_type: EXCHANGE,
    subject_token: token,
    subject_token_type: JWT,
    scope: 'decrypt',
    client_id: 'gateway',
  });
  const { envelope } = (
    await post(server, '/envelope/encrypt', {
      ...key,
      plaintext: 'attack at dawn',
      associated_data: 'order 7',
      policy_context,
    })
  ).body as { envelope: object };
  const request = { token, envelope, context: { environment: 'prod' } };
  await post(server, '/envelope/decrypt', request);
  await post(server, '/envelope/rewrap', { ...request, backend: 'gcp', key_id: 'orders' });
  await post(server, '/datakey', { ...key, policy_context });
  await post(server, '/keys/rotate', {});
  await post(server, '/revoke', { subject: 'billing' });
  await post(server, '/introspect', { token });
}

describe('policy/README.md', () => {
  const asked: PolicyInput[] = [];
  const allowed: boolean[] = [];

  beforeAll(async () => {
    const clock = { now: () => 1_700_000_000_000 };
    const random = { ...systemRandom, uuid: () => '3f2504e0-4f89-41d3-9a0c-0305e82c3301' };
    const server = await startServer({ overrides: { clock, random } });
    const holder = server.app.get(PolicyHolder, { strict: false });
    const decide = holder.decide.bind(holder);
    jest.spyOn(holder, 'decide').mockImplementation((input) => {
      asked.push(structuredClone(input));
      const decision = decide(input);
      allowed.push(decision.allowed);
      return decision;
    });
    await askForAll(server);
    await server.close();
  });

  it('shows the inputs of a policy exactly as the default policy was asked', () => {
    expect(examples).toEqual(asked);
  });

  it('shows only what the default policy allows', () => {
    expect(allowed).toEqual(examples.map(() => true));
  });

  it('has each action in its table, with the members that its input has', () => {
    expect(table).toEqual(examples.map(({ action }) => action));
    for (const { action, request } of examples) {
      const row = readme.split('\n').find((line) => line.startsWith(`| \`${action}\``))!;
      const members = [...row.split('|')[4]!.matchAll(/`(\w+)`/g)].map((match) => match[1]);
      expect(members.sort()).toEqual(Object.keys(request).sort());
    }
  });
});
