/*
 * The four forms of a key id, and nothing else, reach KMS: key id, key ARN, alias name, alias ARN.
 * https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
 */
const ACCOUNT = '(?<partition>arn:aws[a-z-]{0,16}:kms):(?<region>[a-z0-9-]{1,32}):(?<account>\\d{12})';
const ID = '(?<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})';
const KEY_ID = new RegExp(`^${ID}$`);
const KEY_ARN = new RegExp(`^${ACCOUNT}:key/${ID}$`);
const ALIAS = new RegExp(`^(?:${ACCOUNT}:)?alias/[A-Za-z0-9/_-]{1,250}$`);

/** How a caller names a key. */
export interface KeyRef {
  readonly form: 'arn' | 'id' | 'alias';
  readonly text: string;
}

/** Where the client is, and whether the replicas of a multi-Region key count as one key. */
export interface Home {
  readonly region: string;
  readonly allowMultiRegion: boolean;
}

/** Undefined for text that names no key in any form. */
export function readKeyRef(text: string): KeyRef | undefined {
  if (KEY_ARN.test(text)) return { form: 'arn', text };
  if (KEY_ID.test(text)) return { form: 'id', text };
  return ALIAS.test(text) ? { form: 'alias', text } : undefined;
}

export function isKeyRef(text: string): boolean {
  return readKeyRef(text) !== undefined;
}

/**
 * The text to send for a key: itself, or for a multi-Region key of another Region, where that is allowed, the ARN of
 * its replica at home. Replicas have the same `mrk-` id and material.
 * https://docs.aws.amazon.com/kms/latest/developerguide/mrk-how-it-works.html
 */
export function localize({ text }: KeyRef, { region, allowMultiRegion }: Home): string {
  const { partition, account, id } = KEY_ARN.exec(text)?.groups ?? {};
  if (!allowMultiRegion || !id?.startsWith('mrk-')) return text;
  return `${partition}:${region}:${account}:key/${id}`;
}

/** Whether an answer of the key `arn` is one of the key that was sent as `sent`: a key ARN, or a key id of home. */
export function isAnswerOf(sent: string, arn: string, { region }: Home): boolean {
  const answered = KEY_ARN.exec(arn)?.groups;
  if (!answered) return false;
  return arn === sent || (answered.id === sent && answered.region === region);
}

export function isKeyArn(text: string | undefined): text is string {
  return text !== undefined && KEY_ARN.test(text);
}
