import type { Answered, Connection } from '../connection.js';

/** What came of one revocation while its token was in use. Times in milliseconds. */
export interface Race {
  /** From sending the revocation to the first refusal. */
  readonly first: number;
  /** From sending the revocation to when every connection had been refused. */
  readonly everywhere: number;
  /** From the answer of the revocation back to when the last request that was accepted had been sent. Negative: before it. */
  readonly lastAccepted: number;
  /** Requests that were sent after that answer, and how many of these were accepted. */
  readonly sentAfter: number;
  readonly acceptedAfter: number;
  /** Each decryption before, from sending to answer. */
  readonly decryptions: readonly number[];
}

/** Decryptions on each connection before the revocation is sent, and after it was answered. */
const [BEFORE, AFTER] = [3, 2];
/** For one race. Beyond it the bench has found a fault. */
const LIMIT_MS = 10_000;

/**
 * Uses a token on all connections without a pause, revokes it in the midst of it, and goes on for a while.
 * @throws Error for an answer that is neither 200 nor 401, or none in time
 */
export async function race(
  users: readonly Connection[],
  decryption: object,
  revoke: () => Promise<Answered>,
): Promise<Race> {
  const seen = users.map((): Answered[] => []);
  const begun = performance.now();
  let answered: Answered | undefined;
  const use = async (connection: Connection, answers: Answered[], isDone: () => boolean): Promise<void> => {
    while (!isDone()) {
      if (performance.now() - begun > LIMIT_MS) throw new Error(`No end after ${LIMIT_MS} ms.`);
      answers.push(await connection.post('/envelope/decrypt', decryption));
    }
  };
  const each = (isDone: (answers: Answered[]) => boolean) =>
    Promise.all(users.map((user, at) => use(user, seen[at]!, () => isDone(seen[at]!))));
  await each((answers) => answers.length >= BEFORE);
  const after = (answers: Answered[]) =>
    answers.filter(({ sentAt }) => answered && sentAt > answered.answeredAt).length;
  await Promise.all([
    each((answers) => after(answers) >= AFTER),
    revoke().then((answer) => {
      if (answer.status !== 200) throw new Error(`The revocation was answered ${answer.status}.`);
      answered = answer;
    }),
  ]);
  return judge(seen, answered!);
}

function judge(seen: readonly (readonly Answered[])[], { sentAt, answeredAt }: Answered): Race {
  const all = seen.flat();
  const wrong = all.find(({ status }) => status !== 200 && status !== 401);
  if (wrong) throw new Error(`A decryption was answered ${wrong.status}: ${wrong.body}`);
  const refusals = seen.map(
    (answers) => answers.find(({ status }) => status === 401)?.answeredAt ?? Infinity,
  );
  const accepted = all.filter(({ status }) => status === 200);
  const late = all.filter((answer) => answer.sentAt > answeredAt);
  return {
    first: Math.min(...refusals) - sentAt,
    everywhere: Math.max(...refusals) - sentAt,
    lastAccepted: Math.max(...accepted.map((answer) => answer.sentAt)) - answeredAt,
    sentAfter: late.length,
    acceptedAfter: late.filter(({ status }) => status === 200).length,
    decryptions: accepted
      .filter((answer) => answer.answeredAt < sentAt)
      .map((answer) => answer.answeredAt - answer.sentAt),
  };
}
