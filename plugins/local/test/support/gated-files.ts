import { nodeFiles, type Files } from '../../src/files.js';

/** The real file system, which can be made to answer nothing for a while. */
export class GatedFiles implements Files {
  #gate: Promise<void> = Promise.resolve();

  /** From now on nothing is answered, until the returned function is called. */
  hang(): () => void {
    let letGo = (): void => undefined;
    this.#gate = new Promise((resolve) => (letGo = resolve));
    return letGo;
  }

  readonly makeDir = this.#gated(nodeFiles.makeDir);
  readonly modeOfDir = this.#gated(nodeFiles.modeOfDir);
  readonly list = this.#gated(nodeFiles.list);
  readonly read = this.#gated(nodeFiles.read);
  readonly create = this.#gated(nodeFiles.create);
  readonly link = this.#gated(nodeFiles.link);
  readonly remove = this.#gated(nodeFiles.remove);
  readonly syncDir = this.#gated(nodeFiles.syncDir);

  #gated<A extends unknown[], T>(act: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
    return async (...args) => {
      await this.#gate;
      return act(...args);
    };
  }
}
