import { readFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import { evalPolicy } from '../../../../src/policy/compiler/index.js';
import { PolicyEngine } from '../../../../src/policy/engine.js';
import type { PolicyInput } from '../../../../src/policy/input.js';

// Each case starts a process of its own.
jest.setTimeout(60_000);

const here = (name: string): URL => new URL(`../../../../policy/${name}`, import.meta.url);

const caller = { kind: 'anonymous' };
const administrator = { kind: 'jwt', id: 'root', scopes: ['kkp:admin'], attributes: {} };
const worker = { kind: 'jwt', id: 'a', scopes: [], attributes: {} };
const claims = { sub: 'a', aud: 'b', backend: 'aws', key_id: 'k', policy_claims: { environment: 'prod' } };
const context = { environment: 'prod' };
const inputs = [
  { action: 'issue_token', claims, request: { context }, caller },
  { action: 'encrypt', request: { backend: 'aws', key_id: 'k', context }, caller },
  { action: 'decrypt', claims, request: { context, envelope: { backend: 'aws', key_id: 'k' } }, caller },
  {
    action: 'rewrap',
    claims,
    request: { context, envelope: { backend: 'aws', key_id: 'k' }, to: { backend: 'gcp', key_id: 'k2' } },
    caller,
  },
  {
    action: 'data_key',
    request: { backend: 'aws', key_id: 'k', bytes: 32, include_plaintext: true, context },
    caller,
  },
  { action: 'rotate_keys', request: { context }, caller },
  { action: 'revoke_tokens', request: { rule: { kid: 'k' }, context }, caller: administrator },
  { action: 'introspect_token', request: { context }, caller: administrator },
  { action: 'issue_token', claims, request: { context }, caller: worker },
  { action: 'rotate_keys', request: { context }, caller: { ...worker, scopes: ['kkp:admin'] } },
  {
    action: 'exchange_token',
    claims,
    subject: { kind: 'token', claims },
    request: { context },
    caller: worker,
  },
  { action: 'exchange_token', claims, subject: worker, request: { context }, caller },
  {
    action: 'revoke_tokens',
    claims: { ...claims, jti: 'j', act: { sub: 'b' } },
    request: { rule: { jti: 'j' }, context },
    caller: { ...worker, id: 'b' },
  },
  {
    action: 'encrypt',
    claims: { ...claims, ops: ['encrypt'] },
    request: { backend: 'aws', key_id: 'k', context },
    caller: { kind: 'none' },
  },
];
const values = [
  undefined,
  null,
  false,
  true,
  0,
  '',
  'aws',
  'prod',
  'anonymous',
  [],
  ['k'],
  {},
  { environment: null },
];

/** Every input with each of its members, at any depth, replaced by each value. */
const variants = inputs.flatMap((input) => [input, ...variantsOf(input)]);

function variantsOf(document: object): object[] {
  return Object.entries(document).flatMap(([name, member]: [string, unknown]) => {
    const inner = typeof member === 'object' && member !== null ? variantsOf(member) : [];
    return [...values, ...inner].map((value) => ({ ...document, [name]: value }));
  });
}

describe('the default policy as KKP runs it', () => {
  it('decides each of some hundred inputs like OPA itself', async () => {
    const engine = await PolicyEngine.load(
      { wasm: readFileSync(here('kkp.wasm')), data: {}, revision: 'test' },
      { entrypoint: 'kkp/authz/allow', maxInputBytes: 65_536, maxMemoryBytes: 67_108_864 },
    );
    const answers = await evalPolicy({
      files: { 'kkp.rego': readFileSync(here('kkp.rego'), 'utf8') },
      cases: variants.map((input) => ({ query: 'data.kkp.authz.allow', input })),
    });
    const decided = variants.map((input) => String(engine.decide(input as PolicyInput).allowed));
    expect(decided).toEqual(answers.map(({ values: [value] }) => value));
    expect(new Set(decided)).toEqual(new Set(['true', 'false']));
  });
});
