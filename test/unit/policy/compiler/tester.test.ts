import { jest } from '@jest/globals';
import { testPolicy } from '../../../../src/policy/compiler/index.js';

// Each case starts a process of its own.
jest.setTimeout(60_000);

const POLICY = `package kkp.authz

default allow := false

allow if input.action == "encrypt"

allow if {
	input.action == "decrypt"
	data.open
}
`;
const TESTS = `package kkp.authz_test

import data.kkp.authz

test_encrypt_is_allowed if authz.allow with input as {"action": "encrypt"}

test_decrypt_needs_open_data if {
	print("open:", data.open)
	authz.allow with input as {"action": "decrypt"}
}

test_now if json.patch({}, []) == {"wrong": true}

todo_test_later if true

test_conflict if {
	f(1)
}

f(x) := true if x > 0

f(x) := false if x < 2
`;

describe('testPolicy', () => {
  const files = { 'kkp.rego': POLICY, 'kkp_test.rego': TESTS };

  it('reports each test in the order of the file, with output, error and trace', async () => {
    const report = await testPolicy({ files, data: { open: true } });
    expect(report.passed).toBe(false);
    expect(report.tests.map(({ name, row, outcome }) => [row, name, outcome])).toEqual([
      [5, 'test_encrypt_is_allowed', 'pass'],
      [7, 'test_decrypt_needs_open_data', 'pass'],
      [12, 'test_now', 'fail'],
      [14, 'todo_test_later', 'skip'],
      [16, 'test_conflict', 'error'],
    ]);
    const [, printed, failed, , broken] = report.tests;
    expect(printed?.output).toBe('open: true\n');
    expect(failed?.trace).toContain('kkp_test.rego:12     | | Fail ');
    expect(broken?.error).toContain('kkp_test.rego:22: eval_conflict_error');
    expect(report.text).toMatch(/data\.kkp\.authz_test\.test_now: FAIL \(.+\)\n/);
    expect(report.text).toContain('PASS: 2/5\nFAIL: 1/5\nSKIPPED: 1/5\nERROR: 1/5\n');
  });

  it('says which lines of the policy no test reached', async () => {
    const first = TESTS.split('test_decrypt')[0] ?? '';
    const report = await testPolicy({ files: { ...files, 'kkp_test.rego': first } });
    expect(report.passed).toBe(true);
    expect(report.files['kkp.rego']?.coverage).toBeLessThan(100);
    expect(report.files['kkp.rego']?.notCovered.map(({ start }) => start.row)).toContain(9);
    expect(report.files['kkp_test.rego']?.coverage).toBe(100);
  });

  it('does not pass when there is no test', async () => {
    const report = await testPolicy({ files: { 'kkp.rego': POLICY } });
    expect(report).toMatchObject({ passed: false, tests: [] });
  });

  it('refuses a policy that could not be built, however good its tests', async () => {
    const policy = `${POLICY}\nallow if opa.runtime().env\n`;
    await expect(testPolicy({ files: { ...files, 'kkp.rego': policy } })).rejects.toThrow(
      'kkp.rego:12: rego_type_error: undefined function opa.runtime',
    );
  });
});
