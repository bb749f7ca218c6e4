import { KMS } from '@aws-sdk/client-kms';
import { reasonToSkip, RULES, runRule, type Harness, type Rule } from 'kkp-plugin-kit/testkit';
import { aws } from 'kkp-plugin-aws';
import { MOTO_DEVIATIONS, type Deviation } from './moto-deviations.js';

const REGION = 'eu-west-1';
const { MOTO_URL: endpoint = '', MOTO_PID: pid = '' } = process.env;
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const admin = new KMS({ region: REGION, endpoint, credentials: { ...credentials } });
const plugin = aws({ name: 'moto', region: REGION, endpoint, ...credentials });

const createKey = async (): Promise<string> => (await admin.createKey({})).KeyMetadata!.Arn!;
/** moto administers a key by its id alone. */
const idOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);
const keyId = await createKey();

const harness: Harness = {
  connect: (host) => plugin.create(host),
  keyId,
  otherKeyId: await createKey(),
  unknownKeyId: `${keyId.slice(0, -36)}00000000-0000-4000-8000-000000000000`,
  admin: {
    createKey,
    rotate: (arn) => admin.rotateKeyOnDemand({ KeyId: idOf(arn) }),
    disable: (arn) => admin.disableKey({ KeyId: idOf(arn) }),
    delete: (arn) => admin.scheduleKeyDeletion({ KeyId: idOf(arn), PendingWindowInDays: 7 }),
    hang() {
      process.kill(Number(pid), 'SIGSTOP');
      return () => void process.kill(Number(pid), 'SIGCONT');
    },
  },
};

afterAll(() => admin.destroy());

/** By an assertion of the rule, not by any error. A deviation that is gone is to be taken off the list. */
async function expectBroken(rule: Rule, { sometimes }: Deviation): Promise<void> {
  const error = await runRule(rule, harness).catch((reason: unknown) => reason);
  if (error !== undefined || !sometimes) expect(error).toMatchObject({ code: 'ERR_ASSERTION' });
}

describe('aws against moto 5.2.5', () => {
  for (const rule of RULES) {
    const title = `${rule.id}: ${rule.title}`;
    const reason = reasonToSkip(rule, harness);
    const deviation = MOTO_DEVIATIONS[rule.id];
    if (reason !== undefined) it.skip(`${title} (skipped: ${reason})`, () => undefined);
    else if (deviation === undefined) it(title, () => runRule(rule, harness));
    else it(`${rule.id} is broken: ${deviation.what}`, () => expectBroken(rule, deviation));
  }
});
