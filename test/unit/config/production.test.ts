import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../../../src/config/index.js';

const ANONYMOUS =
  /^NODE_ENV is production, and no authenticator is configured: .*"callers".*KKP_ALLOW_ANONYMOUS=true/;
const MEMORY = /^KKP_CONFIG file, backends\[\d\]: NODE_ENV is production, .* in memory.*"local"/;
const LOCAL = 'backends: [{kind: local, name: a, file: /var/lib/kkp/keys.json}]';

describe('NODE_ENV=production', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'kkp-production-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  const faults = (env: Record<string, string>, config = LOCAL): readonly string[] => {
    const path = join(folder, 'kkp.yaml');
    writeFileSync(path, config);
    return readSettings({ KKP_CONFIG: path, ...env }).faults;
  };

  it.each(['production', 'Production', 'PRODUCTION', ' production '])(
    'refuses a start without an authenticator when it is written %j',
    (NODE_ENV) => {
      expect(faults({ NODE_ENV })).toEqual([expect.stringMatching(ANONYMOUS)]);
    },
  );

  it.each(['development', 'test', '', 'staging', 'preproduction'])(
    'is not meant by %j: callers may be anonymous and keys in memory',
    (NODE_ENV) => {
      expect(faults({ NODE_ENV }, '{}')).toEqual([]);
    },
  );

  it('lets KKP_ALLOW_ANONYMOUS=true pass, and the same in the file', () => {
    expect(faults({ NODE_ENV: 'production', KKP_ALLOW_ANONYMOUS: 'true' })).toEqual([]);
    expect(faults({ NODE_ENV: 'production' }, `allow_anonymous: true\n${LOCAL}`)).toEqual([]);
  });

  it('lets the environment take back what the file allows', () => {
    const env = { NODE_ENV: 'production', KKP_ALLOW_ANONYMOUS: 'false' };
    expect(faults(env, `allow_anonymous: true\n${LOCAL}`)).toEqual([expect.stringMatching(ANONYMOUS)]);
  });

  it.each(['1', 'yes', 'TRUE', 'True', 'on', ' true', 'true ', '', 'truetrue'])(
    'does not take %j for true',
    (KKP_ALLOW_ANONYMOUS) => {
      expect(faults({ NODE_ENV: 'production', KKP_ALLOW_ANONYMOUS })).toEqual([
        expect.stringMatching(/^KKP_ALLOW_ANONYMOUS: got .*\. Allowed: "true" or "false"\.$/),
        expect.stringMatching(ANONYMOUS),
      ]);
    },
  );

  it.each(['"true"', '1', 'yes', '[true]'])('does not take %s in the file for true', (text) => {
    expect(faults({ NODE_ENV: 'production' }, `allow_anonymous: ${text}\n${LOCAL}`)).toHaveLength(2);
  });

  it('refuses every backend that keeps its keys in memory, however it is named, whoever is allowed to ask', () => {
    const config = `backends:
  - {kind: memory, name: a}
  - {kind: local, name: b, file: /var/lib/kkp/keys.json}
  - {kind: kkp-plugin-memory, name: c}
`;
    const env = { NODE_ENV: 'production', KKP_ALLOW_ANONYMOUS: 'true' };
    expect(faults(env, config)).toEqual([expect.stringMatching(MEMORY), expect.stringMatching(MEMORY)]);
    expect(faults(env, config).join()).toMatch(/backends\[0\].*backends\[2\]/);
  });

  it('refuses the emulations that are there when no backend is configured', () => {
    expect(readSettings({ NODE_ENV: 'production', KKP_ALLOW_ANONYMOUS: 'true' }).faults).toHaveLength(3);
    expect(readSettings({ NODE_ENV: 'production' }).faults).toHaveLength(4);
  });

  it.each(['- hunter2', '- {name: a}', '- {kind: 5, name: a}'])(
    'leaves the backend %s for its loader to refuse',
    (entry) => {
      expect(
        faults({ NODE_ENV: 'production', KKP_ALLOW_ANONYMOUS: 'true' }, `backends:\n  ${entry}\n`),
      ).toEqual([]);
    },
  );
});
