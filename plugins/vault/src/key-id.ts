import { KmsError } from 'kkp-plugin-kit';

/** What Vault takes for a name: framework.GenericNameRegex in sdk/framework/path.go, and a bound on its length. */
const NAME = /^\w(?:[\w.-]{0,254}\w)?$/;

/**
 * The two forms of a key id: its name (`orders`), and the canonical one, Vault's own path below `/v1/`
 * (`transit/keys/orders`). An id with the mount of another backend names no key of this one.
 */
export class KeyIds {
  readonly #prefix: string;

  constructor(mount: string) {
    this.#prefix = `${mount}/keys/`;
  }

  /** @throws KmsError `invalid-request` */
  nameOf(ref: string): string {
    const name = ref.startsWith(this.#prefix) ? ref.slice(this.#prefix.length) : ref;
    if (NAME.test(name)) return name;
    throw new KmsError(
      'invalid-request',
      'A key id is the name of a transit key, or its mount, "/keys/" and its name.',
      {
        side: 'caller',
      },
    );
  }

  canonical(name: string): string {
    return this.#prefix + name;
  }
}
