import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const committed = readFileSync(at('api-report.md'), 'utf8');

function check(...against: string[]) {
  const env = { ...process.env, NODE_OPTIONS: '' };
  const args = [at('api-report.mjs'), '--check', ...against];
  return spawnSync(process.execPath, args, { encoding: 'utf8', env });
}

describe('the public declarations of the kit', () => {
  it('are those of api-report.md (npm run api writes it, and the message says when it may)', () => {
    const { stderr, status } = check();
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('hold the whole contract, and what it uses without exporting it', () => {
    for (const name of ['KmsBackend', 'KmsCapabilities', 'KmsErrorCode', 'Rule', 'Harness', 'Attempt']) {
      expect(committed).toMatch(new RegExp(`^(interface|type) ${name}\\b`, 'm'));
    }
  });

  it('fail the gate when one of them changes, with what to do', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kkp-api-'));
    const other = join(folder, 'api-report.md');
    writeFileSync(
      other,
      committed.replace('reportsVersionOnWrap: boolean', 'reportsVersionOnWrap?: boolean'),
    );
    const { stderr, status } = check(other);
    rmSync(folder, { recursive: true });
    expect(status).toBe(1);
    expect(stderr).toContain('a new apiVersion');
  });
});
