import type { Results } from '../messages.js';
import type { Cipher, Sealed, UnwrapInput, WrapInput } from './cipher.js';
import { own } from './failure.js';
import type { KnownKeys } from './known-keys.js';
import type { Sessions } from './sessions.js';
import type { Token } from './token.js';

/** What KKP may ask, on one token. */
export class Operations {
  readonly #token: Token;
  readonly #sessions: Sessions;
  readonly #keys: KnownKeys;
  readonly #cipher: Cipher;

  constructor(token: Token, sessions: Sessions, keys: KnownKeys, cipher: Cipher) {
    this.#token = token;
    this.#sessions = sessions;
    this.#keys = keys;
    this.#cipher = cipher;
  }

  /** The newest version that may, wraps. */
  wrap(label: string, input: WrapInput): Promise<Results['wrap'] & Sealed> {
    return this.#sessions.use((session) =>
      this.#keys.use(session, label, async (versions) => {
        const newest = versions.find(({ wraps }) => wraps);
        if (newest === undefined) throw own('C_FindObjects', 'KEY_DISABLED');
        return { version: newest.version, ...(await this.#cipher.wrap(session, newest.handle, input)) };
      }),
    );
  }

  unwrap(
    label: string,
    version: number,
    input: UnwrapInput,
  ): Promise<Results['unwrap'] & { plaintext: Uint8Array }> {
    return this.#sessions.use((session) =>
      this.#keys.use(session, label, async (versions) => {
        const asked = versions.find((candidate) => candidate.version === version);
        if (asked === undefined) throw own('C_FindObjects', 'VERSION_ABSENT');
        if (!asked.opens) throw own('C_FindObjects', 'KEY_DISABLED');
        const current = versions.find(({ wraps }) => wraps) ?? versions[0];
        const plaintext = await this.#cipher.unwrap(session, asked.handle, input);
        return { plaintext, stale: current.version !== version };
      }),
    );
  }

  describe(label: string): Promise<Results['describe']> {
    return this.#sessions.use((session) => {
      const versions = this.#keys.look(session, label);
      const current = versions.find(({ wraps }) => wraps);
      const hardware = this.#token.isHardware;
      return { version: (current ?? versions[0]).version, enabled: current !== undefined, hardware };
    });
  }

  probe(): Promise<Results['probe']> {
    return this.#sessions.use(() => {
      this.#token.assertLoggedIn();
      return {};
    });
  }
}
