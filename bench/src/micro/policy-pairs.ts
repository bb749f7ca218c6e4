import { ANONYMOUS } from '../../../dist/callers/index.js';
import { type PolicyInput } from '../../../dist/policy/index.js';
import type { Pair } from './pair.js';
import type { Services } from './services.js';
import { GRANT } from './token-pairs.js';

/** The floor is the way of the input into any engine outside JavaScript: to JSON and back. */
export function policyPairs({ policy, issuer }: Services): Pair[] {
  const claims = issuer.buildClaims(GRANT);
  const { backend, key_id, policy_claims: context } = GRANT;
  const inputs: PolicyInput[] = [
    { action: 'issue_token', claims, request: { context }, caller: ANONYMOUS },
    { action: 'encrypt', request: { backend, key_id, context }, caller: ANONYMOUS },
    {
      action: 'decrypt',
      claims,
      request: { context, envelope: { backend, key_id, associated_data: 'invoice 4711' } },
      caller: ANONYMOUS,
    },
  ];
  for (const input of inputs) {
    if (!policy.decide(input).allowed) throw new Error(`The policy denies ${input.action}.`);
  }
  return inputs.map((input) => ({
    name: `policy: decide ${input.action}`,
    run: () => policy.decide(input),
    floor: 'JSON.parse(JSON.stringify(input))',
    runFloor: (): unknown => JSON.parse(JSON.stringify(input)),
  }));
}
