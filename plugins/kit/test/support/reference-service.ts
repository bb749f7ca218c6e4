import { KmsError } from 'kkp-plugin-kit';

export interface ReferenceKey {
  readonly id: string;
  readonly versions: Buffer[];
  state: 'enabled' | 'disabled' | 'destroyed';
}

/** The key service behind the reference backend, with the administration that the conformance suite can use. */
export class ReferenceService {
  readonly keys = new Map<string, ReferenceKey>();
  #hung: Promise<void> | undefined;
  #made = 0;

  constructor(private readonly randomBytes: (length: number) => Uint8Array) {}

  /** Gives the alias of a fresh key. */
  createKey(alias = `fresh-${++this.#made}`): string {
    this.keys.set(alias, { id: `key:${alias}`, versions: [], state: 'enabled' });
    this.rotate(alias);
    return alias;
  }

  rotate(ref: string): void {
    this.find(ref).versions.push(Buffer.from(this.randomBytes(32)));
  }

  disable(ref: string): void {
    this.find(ref).state = 'disabled';
  }

  delete(ref: string): void {
    this.find(ref).state = 'destroyed';
  }

  hang(): () => void {
    let letGo!: () => void;
    this.#hung = new Promise((resolve) => (letGo = resolve));
    return letGo;
  }

  /** Waits for the service to answer. */
  async answer(): Promise<void> {
    await this.#hung;
  }

  /** The key with this alias or canonical id, whatever its state. */
  find(ref: string): ReferenceKey {
    const key = this.keys.get(ref.replace(/^key:/, ''));
    if (!key) throw new KmsError('not-found', 'No such key.');
    return key;
  }

  findEnabled(ref: string): ReferenceKey {
    const key = this.find(ref);
    if (key.state !== 'enabled') throw new KmsError('disabled-key', 'The key is not enabled.');
    return key;
  }
}
