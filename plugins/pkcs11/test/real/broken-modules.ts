import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = {
  crashes: 'int C_GetFunctionList(void **list) { *(volatile int *)0 = 1; return 0; }',
  aborts: '#include <stdlib.h>\nint C_GetFunctionList(void **list) { abort(); }',
  hangs: '#include <unistd.h>\nint C_GetFunctionList(void **list) { for (;;) pause(); }',
} as const;

/** A library that a loader takes for a module, and that does what its name says at the first call. */
export function buildModule(does: keyof typeof SOURCES, directory: string): string {
  const [source, library] = [join(directory, `${does}.c`), join(directory, `${does}.so`)];
  writeFileSync(source, SOURCES[does]);
  execFileSync('cc', ['-shared', '-fPIC', '-w', '-o', library, source]);
  return library;
}
