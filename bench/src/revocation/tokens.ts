import { setTimeout as wait } from 'node:timers/promises';
import { Connection } from '../connection.js';
import { race, type Race } from './race.js';

const KEY = { backend: 'aws', key_id: 'alias/orders' };

/** By what a token is taken back. */
export const RULES = ['jti', 'subject', 'time'] as const;
export type Rule = (typeof RULES)[number];

/** Connections to one server: of an operator who issues and revokes, and of a caller who uses the tokens. */
export class Parties {
  readonly #operator: Connection;
  readonly #users: readonly Connection[];
  readonly #envelope: Promise<object>;
  #made = 0;

  constructor(
    url: string,
    headers: { readonly operator: Record<string, string>; readonly user: Record<string, string> },
    connections: number,
  ) {
    this.#operator = new Connection(url, headers.operator);
    this.#users = Array.from({ length: connections }, () => new Connection(url, headers.user));
    this.#envelope = this.#operator
      .want<{ envelope: object }>('/envelope/encrypt', { ...KEY, plaintext: 'attack at dawn' })
      .then(({ envelope }) => envelope);
  }

  /** A token for a subject of its own, good for longer than the bench may take. */
  async issue(): Promise<string> {
    const subject = `svc-${(this.#made += 1)}`;
    const { token } = await this.#operator.want<{ token: string }>('/token', {
      ...KEY,
      subject,
      audience: 'reports',
      ttl_seconds: 900,
    });
    return token;
  }

  /** Takes a new token back in the midst of its use. */
  async race(rule: Rule): Promise<Race & { readonly token: string }> {
    const token = await this.issue();
    const body = bodyOf(rule, token);
    const found = await race(this.#users, { token, envelope: await this.#envelope }, () =>
      this.#operator.post('/revoke', body()),
    );
    // What is issued later in that second is covered as well.
    if (rule === 'time') await wait(1000 - (Date.now() % 1000));
    return { ...found, token };
  }

  /** What a decryption with the token is answered: its status, and why it was refused. */
  async use(token: string): Promise<{ readonly status: number; readonly detail?: string }> {
    const { status, body } = await this.#users[0]!.post('/envelope/decrypt', {
      token,
      envelope: await this.#envelope,
    });
    const { detail } = JSON.parse(body) as { detail?: string };
    return { status, ...(detail !== undefined && { detail }) };
  }

  close(): void {
    for (const connection of [this.#operator, ...this.#users]) connection.close();
  }
}

/** The request is made when it is sent: a time must be that of the moment. */
function bodyOf(rule: Rule, token: string): () => object {
  const { jti, sub } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as {
    jti: string;
    sub: string;
  };
  if (rule === 'jti') return () => ({ jti });
  return rule === 'subject'
    ? () => ({ subject: sub })
    : () => ({ before: Math.floor(Date.now() / 1000) + 1 });
}
