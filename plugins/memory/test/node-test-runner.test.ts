import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SUITE = fileURLToPath(new URL('./support/node-test-suite.mjs', import.meta.url));

describe('the conformance suite', () => {
  it('runs under node:test, on the built kit', () => {
    const env = { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined };
    const args = ['--test', '--test-reporter=tap', SUITE];
    const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    expect(stdout).toContain('keeps the contract of a KMS backend');
    expect(stdout).toMatch(/^# pass 38$/m);
    expect(stdout).toMatch(/^# skipped 2$/m);
    expect(stdout).toMatch(/^# fail 0$/m);
    expect(status).toBe(0);
  });
});
