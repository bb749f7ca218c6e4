/**
 * The part of the WebAssembly JavaScript interface that the policy engine uses. TypeScript has it only in its DOM
 * library, and the types of Node 20 have none; the whole DOM is not wanted in a server.
 */
declare namespace WebAssembly {
  interface Module {
    readonly [Symbol.toStringTag]: string;
  }

  class Instance {
    constructor(
      module: Module,
      imports?: Record<string, Record<string, Memory | ((...values: number[]) => unknown)>>,
    );
    readonly exports: Record<string, unknown>;
  }

  class Memory {
    constructor(descriptor: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
  }

  interface WebAssemblyInstantiatedSource {
    instance: Instance;
    module: Module;
  }

  function compile(bytes: ArrayBufferView | ArrayBuffer): Promise<Module>;
}
