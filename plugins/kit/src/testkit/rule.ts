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

export type Need = keyof typeof NEEDS;

interface Facts {
  readonly capabilities: KmsCapabilities;
  readonly admin: Partial<KeyAdmin>;
}

const NEEDS = {
  aad: { met: ({ capabilities }: Facts) => capabilities.aad !== 'none', why: 'the key takes no AAD' },
  'no-aad': { met: ({ capabilities }: Facts) => capabilities.aad === 'none', why: 'the key takes AAD' },
  'version-in-pin': {
    met: ({ capabilities }: Facts) => capabilities.versions === 'in-id',
    why: 'the version is not taken from the pin',
  },
  'aad-limit': {
    met: ({ capabilities: { aad, maxAadBytes } }: Facts) => aad !== 'none' && maxAadBytes !== undefined,
    why: 'the backend declares no limit of AAD',
  },
  'data-key-aad': {
    met: ({ capabilities: { aad, generateDataKey } }: Facts) => aad !== 'none' && generateDataKey,
    why: 'the backend generates no data key that is bound to AAD',
  },
  'data-key-call': {
    met: ({ capabilities }: Facts) => capabilities.generateDataKey,
    why: 'the backend declares no generateDataKey',
  },
  'rewrap-call': {
    met: ({ capabilities }: Facts) => capabilities.rewrap !== 'none',
    why: 'the backend declares no rewrap',
  },
  rotate: { met: ({ admin }: Facts) => admin.rotate !== undefined, why: 'the harness has no admin.rotate' },
  disable: {
    met: ({ admin }: Facts) => admin.disable !== undefined,
    why: 'the harness has no admin.disable',
  },
  delete: { met: ({ admin }: Facts) => admin.delete !== undefined, why: 'the harness has no admin.delete' },
  hang: { met: ({ admin }: Facts) => admin.hang !== undefined, why: 'the harness has no admin.hang' },
} as const;

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
