import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { RULES } from 'kkp-plugin-kit/testkit';

const SUITE = fileURLToPath(new URL('./support/node-test-suite.mjs', import.meta.url));

describe('the conformance suite', () => {
  it('runs under node:test, on the built kit', () => {
    const env = { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined };
    const args = ['--test', '--test-reporter=tap', SUITE];
    const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    expect(stdout).toContain('keeps the contract of a KMS backend');
    const [, passed, skipped] = /^# pass (\d+)$[^]*^# fail 0$[^]*^# skipped (\d+)$/m.exec(stdout) ?? [];
    expect(Number(passed) + Number(skipped)).toBe(RULES.length);
    expect(Number(skipped)).toBe(3);
    expect(status).toBe(0);
  });
});
