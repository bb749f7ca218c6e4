import type { Handle } from './cryptoki.js';
import { failureOf, WorkerFailure } from './failure.js';
import type { Token } from './token.js';

/** The sessions for operations: one operation at a time on each, since a session holds only one active operation. */
export class Sessions {
  readonly #token: Token;
  readonly #free: Handle[] = [];
  #size = 0;

  /**
   * Opens up to `wanted`, and takes fewer where the token has no more.
   *
   * @throws WorkerFailure `CKR_SESSION_COUNT` when it has none
   */
  constructor(token: Token, wanted: number) {
    this.#token = token;
    try {
      while (this.#size < wanted) this.#add();
    } catch (error) {
      const failure = failureOf('C_OpenSession', error);
      if (failure.name !== 'CKR_SESSION_COUNT' || this.#size === 0) throw failure;
    }
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Runs one operation on a session of its own. After a failure of a call that could leave an operation active, the
   * session is replaced.
   */
  async use<T>(run: (session: Handle) => T | Promise<T>): Promise<T> {
    const session = this.#free.pop() ?? this.#token.openSession();
    try {
      const result = await run(session);
      this.#free.push(session);
      return result;
    } catch (error) {
      this.#free.push(isOver(error) ? session : this.#replaced(session));
      throw error;
    }
  }

  #add(): void {
    this.#free.push(this.#token.openSession());
    this.#size += 1;
  }

  #replaced(session: Handle): Handle {
    try {
      this.#token.closeSession(session);
      return this.#token.openSession();
    } catch {
      // What is wrong with the token shows at the next use.
      return session;
    }
  }
}

/** The refusals that end an operation for sure: the worker's own, before one began, and those of a whole decryption. */
function isOver(error: unknown): boolean {
  if (!(error instanceof WorkerFailure)) return false;
  if (!error.name.startsWith('CKR_')) return true;
  return (
    /^C_(?:Decrypt|UnwrapKey)$/.test(error.call) && !/^CKR_(?:BUFFER_TOO_SMALL|OPERATION_)/.test(error.name)
  );
}
