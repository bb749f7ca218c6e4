/**
 * What KKP uses of an OPA module's ABI 1.x by itself (OPA documentation, "WebAssembly", section "ABI"); the
 * evaluation is @open-policy-agent/opa-wasm's.
 */
interface OpaExports {
  opa_wasm_abi_version: { value: number };
  opa_wasm_abi_minor_version: { value: number };
  opa_malloc(size: number): number;
  opa_json_parse(address: number, size: number): number;
  opa_json_dump(value: number): number;
  builtins(): number;
}

/** @throws Error unless the module is a policy of ABI 1.2 or a later 1.x: 1.2 brought evaluation in one call */
export function checkedExports(exports: Record<string, unknown>): OpaExports {
  if (!('opa_wasm_abi_version' in exports && 'opa_wasm_abi_minor_version' in exports)) {
    throw new Error('the module is not a policy that OPA compiled');
  }
  const checked = exports as unknown as OpaExports;
  const [major, minor] = [checked.opa_wasm_abi_version.value, checked.opa_wasm_abi_minor_version.value];
  if (major !== 1 || minor < 2) {
    throw new Error(`the module has OPA's ABI ${major}.${minor}; 1.2 or a later 1.x is needed`);
  }
  return checked;
}

const encoder = new TextEncoder();
const lenient = new TextDecoder();

/** Values inside a module are addresses; this moves them in and out as JSON text. */
export class ModuleMemory {
  /** Set once the module is instantiated: it needs the memory before it has exports. */
  exports!: OpaExports;

  constructor(readonly memory: WebAssembly.Memory) {}

  /** A NUL-terminated string, as the bytes of a copy: the memory may move at the next call into the module. */
  bytes(address: number): Uint8Array {
    const all = new Uint8Array(this.memory.buffer);
    return all.slice(address, all.indexOf(0, address));
  }

  text(address: number): string {
    return lenient.decode(this.bytes(address));
  }

  /** The JSON text of a value, as UTF-8 unless the policy made a string that is not. */
  dump(value: number): Uint8Array {
    return this.bytes(this.exports.opa_json_dump(value));
  }

  parse(json: string): number {
    const bytes = encoder.encode(json);
    const address = this.exports.opa_malloc(bytes.length);
    new Uint8Array(this.memory.buffer).set(bytes, address);
    return this.exports.opa_json_parse(address, bytes.length);
  }
}
