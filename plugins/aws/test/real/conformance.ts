import { KMS } from '@aws-sdk/client-kms';
import type { KmsErrorCode } from 'kkp-plugin-kit';
import { reasonToSkip, RULES, runRule, type Harness, type Rule } from 'kkp-plugin-kit/testkit';
import { aws } from 'kkp-plugin-aws';

/** A promise of the contract that an emulator breaks and AWS KMS keeps. */
export interface Deviation {
  readonly what: string;
  /** Where the emulator does so: file and function of its source. */
  readonly source: string;
  /** It depends on random bytes whether it shows. */
  readonly sometimes?: true;
  /** The plugin sees it itself and refuses the answer with this code. */
  readonly refusedAs?: KmsErrorCode;
}

/** Registers the conformance suite for the emulator that with-peer.mjs started. `deviations`: by the id of the rule. */
export async function describePeer(
  name: string,
  deviations: Readonly<Record<string, Deviation>>,
): Promise<void> {
  const harness = await makeHarness();
  describe(`aws against ${name}`, () => {
    for (const rule of RULES) {
      const title = `${rule.id}: ${rule.title}`;
      const reason = reasonToSkip(rule, harness);
      const deviation = deviations[rule.id];
      if (reason !== undefined) it.skip(`${title} (skipped: ${reason})`, () => undefined);
      else if (deviation === undefined) it(title, () => runRule(rule, harness));
      else it(`${rule.id} is broken: ${deviation.what}`, () => expectBroken(rule, harness, deviation));
    }

    it('has no deviation on its list that is no rule', () => {
      const ids = RULES.map(({ id }) => id);
      expect(Object.keys(deviations).filter((id) => !ids.includes(id))).toEqual([]);
    });
  });
}

/** By an assertion of the rule or by the named refusal, not by any error. A deviation that is gone is to be taken off the list. */
async function expectBroken(
  rule: Rule,
  harness: Harness,
  { sometimes, refusedAs }: Deviation,
): Promise<void> {
  const error = await runRule(rule, harness).catch((reason: unknown) => reason);
  if (error !== undefined || !sometimes) expect(error).toMatchObject({ code: refusedAs ?? 'ERR_ASSERTION' });
}

async function makeHarness(): Promise<Harness> {
  const { PEER_URL: endpoint = '', PEER_PID: pid = '' } = process.env;
  const region = 'eu-west-1';
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  const admin = new KMS({ region, endpoint, credentials: { ...credentials } });
  afterAll(() => admin.destroy());
  const plugin = aws({ name: 'peer', region, endpoint, ...credentials });
  const createKey = async (): Promise<string> => (await admin.createKey({})).KeyMetadata!.Arn!;
  /** moto administers a key by its id alone. */
  const idOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);
  const keyId = await createKey();
  return {
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
}
