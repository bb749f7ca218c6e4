const WASM_PREAMBLE = 8;
const SECTION = { custom: 0, import: 2, code: 10 };
const FUNCTION_NAMES = 1;
const UNREACHABLE = 0x00;
const END = 0x0b;

/** Reads a WebAssembly module from one place on. */
class Reader {
  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
  ) {}

  byte(): number {
    return this.bytes[this.at++]!;
  }

  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  text(): string {
    const length = this.number();
    this.at += length;
    return Buffer.from(this.bytes.subarray(this.at - length, this.at)).toString();
  }
}

/** A copy of a policy module in which the function of one rule traps, as a fault of the module itself would. */
export function withTrap(wasm: Uint8Array, rule: string): Uint8Array {
  const copy = wasm.slice();
  const sections = sectionsOf(copy);
  const index = functionNames(copy, sections).get(rule)! - importedFunctions(copy, sections);
  const code = new Reader(copy, sections.find(({ id }) => id === SECTION.code)!.at);
  code.number();
  for (let skipped = 0; skipped < index; skipped += 1) {
    const size = code.number();
    code.at += size;
  }
  const size = code.number();
  const end = code.at + size;
  for (let groups = code.number(); groups > 0; groups -= 1) {
    code.number();
    code.byte();
  }
  copy.fill(UNREACHABLE, code.at, end);
  copy[end - 1] = END;
  return copy;
}

interface Section {
  id: number;
  at: number;
  end: number;
}

function sectionsOf(bytes: Uint8Array): Section[] {
  const reader = new Reader(bytes, WASM_PREAMBLE);
  const sections: Section[] = [];
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const size = reader.number();
    sections.push({ id, at: reader.at, end: reader.at + size });
    reader.at += size;
  }
  return sections;
}

function functionNames(bytes: Uint8Array, sections: readonly Section[]): Map<string, number> {
  const names = new Map<string, number>();
  for (const section of sections.filter(({ id }) => id === SECTION.custom)) {
    const reader = new Reader(bytes, section.at);
    if (reader.text() !== 'name') continue;
    while (reader.at < section.end) {
      const kind = reader.byte();
      const end = reader.number() + reader.at;
      for (let left = kind === FUNCTION_NAMES ? reader.number() : 0; left > 0; left -= 1) {
        const index = reader.number();
        names.set(reader.text(), index);
      }
      reader.at = end;
    }
  }
  return names;
}

/** All imports but the memory are functions. */
function importedFunctions(bytes: Uint8Array, sections: readonly Section[]): number {
  return new Reader(bytes, sections.find(({ id }) => id === SECTION.import)!.at).number() - 1;
}
