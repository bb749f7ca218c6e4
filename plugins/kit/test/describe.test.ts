import { describeKmsBackend, RULES, type Runner } from 'kkp-plugin-kit/testkit';
import { referenceHarness } from './support/reference-harness.js';

/** A runner that notes what is registered and runs nothing. */
function noting(): { runner: Runner; tests: string[]; skipped: string[] } {
  const [tests, skipped]: [string[], string[]] = [[], []];
  const it = Object.assign((name: string) => tests.push(name), {
    skip: (name: string) => skipped.push(name),
  });
  return { runner: { describe: (_, body) => body(), it }, tests, skipped };
}

describe('describeKmsBackend', () => {
  it('registers each rule once, as a test or as skipped with the reason in its name', () => {
    const { runner, tests, skipped } = noting();
    describeKmsBackend('reference', referenceHarness('plain'), runner);
    expect(tests.length + skipped.length).toBe(RULES.length);
    expect(skipped.map((title) => title.replace(/: .*(?= \(skipped: )/, ''))).toEqual([
      'aad-bound (skipped: the key takes no AAD)',
      'aad-not-optional (skipped: the key takes no AAD)',
      'maximum-aad (skipped: the backend declares no limit of AAD)',
      'data-key-opens (skipped: the backend declares no generateDataKey)',
      'data-key-names-key (skipped: the backend declares no generateDataKey)',
      'data-key-bound (skipped: the backend generates no data key that is bound to AAD)',
      'data-keys-are-fresh (skipped: the backend declares no generateDataKey)',
      'rewrap-moves (skipped: the backend declares no rewrap)',
      'rewrap-refuses (skipped: the backend declares no rewrap)',
    ]);
  });

  it('skips what needs administration where the harness has none', () => {
    const { runner, skipped } = noting();
    const { connect, keyId, otherKeyId, unknownKeyId } = referenceHarness('rich');
    describeKmsBackend('reference', { connect, keyId, otherKeyId, unknownKeyId }, runner);
    expect(skipped.filter((title) => title.includes('the harness has no admin'))).toHaveLength(9);
  });

  it('says what is missing where there are neither globals nor a runner', () => {
    const found = Object.getOwnPropertyDescriptor(globalThis, 'describe')!;
    Reflect.deleteProperty(globalThis, 'describe');
    try {
      expect(() => describeKmsBackend('reference', referenceHarness('rich'))).toThrow(
        /hand in those of your test runner/,
      );
    } finally {
      Object.defineProperty(globalThis, 'describe', found);
    }
  });
});
