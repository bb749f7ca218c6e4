import type { KmsCapabilities } from '../contract.js';
import type { Harness, KeyAdmin } from './harness.js';
import { createTestHost } from './host.js';
import { Subject } from './subject.js';

/** One promise of the contract. Plain data, so that any runner, and a mutant test, can use it. */
export interface Rule {
  readonly id: string;
  /** The promise as a sentence about the backend. */
  readonly title: string;
  /** What a backend or its harness must have for the rule to apply. Absent: it always applies. */
  readonly needs?: Need;
  /** Rejects when the backend breaks the promise. */
  run(subject: Subject): Promise<void>;
}

/** By the capability, or by the member of `KeyAdmin`, that it takes. */
export type Need =
  | 'aad'
  | 'no-aad'
  | 'aad-limit'
  | 'version-in-pin'
  | 'data-key-call'
  | 'data-key-aad'
  | 'rewrap-call'
  | 'rotate'
  | 'disable'
  | 'delete'
  | 'hang';

interface Facts {
  readonly capabilities: KmsCapabilities;
  readonly admin: Partial<KeyAdmin>;
}

interface Condition {
  met(facts: Facts): boolean;
  /** Why the rule does not apply, where it is not met. */
  readonly why: string;
}

const NEEDS: Readonly<Record<Need, Condition>> = {
  aad: { met: ({ capabilities }) => capabilities.aad !== 'none', why: 'the key takes no AAD' },
  'no-aad': { met: ({ capabilities }) => capabilities.aad === 'none', why: 'the key takes AAD' },
  'version-in-pin': {
    met: ({ capabilities }) => capabilities.versions === 'in-id',
    why: 'the version is not taken from the pin',
  },
  'aad-limit': {
    met: ({ capabilities: { aad, maxAadBytes } }) => aad !== 'none' && maxAadBytes !== undefined,
    why: 'the backend declares no limit of AAD',
  },
  'data-key-aad': {
    met: ({ capabilities: { aad, generateDataKey } }) => aad !== 'none' && generateDataKey,
    why: 'the backend generates no data key that is bound to AAD',
  },
  'data-key-call': {
    met: ({ capabilities }) => capabilities.generateDataKey,
    why: 'the backend declares no generateDataKey',
  },
  'rewrap-call': {
    met: ({ capabilities }) => capabilities.rewrap !== 'none',
    why: 'the backend declares no rewrap',
  },
  rotate: { met: ({ admin }) => admin.rotate !== undefined, why: 'the harness has no admin.rotate' },
  disable: {
    met: ({ admin }) => admin.disable !== undefined,
    why: 'the harness has no admin.disable',
  },
  delete: { met: ({ admin }) => admin.delete !== undefined, why: 'the harness has no admin.delete' },
  hang: { met: ({ admin }) => admin.hang !== undefined, why: 'the harness has no admin.hang' },
};

/** Why the rule does not apply to this backend, or undefined when it does. */
export function reasonToSkip(rule: Rule, harness: Harness): string | undefined {
  if (rule.needs === undefined) return undefined;
  const capabilities = harness.connect(createTestHost().host).capabilities(harness.keyId);
  const need = NEEDS[rule.needs];
  return need.met({ capabilities, admin: harness.admin ?? {} }) ? undefined : need.why;
}

/** Runs one rule on fresh connections and closes them, whatever the outcome. */
export async function runRule(rule: Rule, harness: Harness): Promise<void> {
  const subject = new Subject(harness);
  try {
    await rule.run(subject);
  } finally {
    await subject.closeAll();
  }
}
