import { readFileSync, statSync } from 'node:fs';
import { ConfigError } from '../../config-error.js';
import type { Clock } from '../../clock.js';
import type { KkpLog } from '../../log.js';
import { parseStrictYaml, STRICT_YAML } from '../../strict-yaml.js';
import { readEntries, type ApiKeys } from './entries.js';

const MAX_BYTES = 4 * 1024 * 1024;
const WRITABLE_BY_OTHERS = 0o002;
/** How long a change of the file may go unseen. */
const LOOK_EVERY_MS = 1_000;

/**
 * The keys in a file, which is looked at again when a request comes and the last look is a second old. A new file that is not
 * good leaves the old keys in force, and is logged once.
 */
export class KeyFile {
  #keys: ApiKeys;
  #state: string | undefined;
  #lookedAt: number;
  #log: KkpLog | undefined;

  /** @throws ConfigError that lists what is wrong with the file, and no value */
  constructor(
    private readonly path: string,
    private readonly clock: Clock,
  ) {
    this.#lookedAt = clock.now();
    this.#state = stateOf(path);
    this.#keys = readKeyFile(path);
  }

  useLog(log: KkpLog): void {
    this.#log = log;
  }

  get keys(): ApiKeys {
    const age = this.clock.now() - this.#lookedAt;
    if (age < 0 || age >= LOOK_EVERY_MS) this.#look();
    return this.#keys;
  }

  #look(): void {
    this.#lookedAt = this.clock.now();
    const state = stateOf(this.path);
    if (state === this.#state) return;
    this.#state = state;
    try {
      this.#keys = readKeyFile(this.path);
      this.#log?.('info', 'API keys reloaded', { keys: this.#keys.size });
    } catch (error) {
      this.#log?.('error', 'API keys not reloaded, the old ones go on', { error });
    }
  }
}

/** Differs when the file does: a new one, one written anew, or none. */
function stateOf(path: string): string | undefined {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join();
  } catch {
    return undefined;
  }
}

/** @throws ConfigError */
export function readKeyFile(path: string): ApiKeys {
  const { content, wrong } = parseStrictYaml(readText(path));
  if (wrong !== undefined) throw fileFault(`the file ${wrong}. Allowed: ${STRICT_YAML}`);
  const faults: string[] = [];
  const keys = readEntries(content, 'file', (at, allowed) => faults.push(`${at}: ${allowed}.`));
  if (faults.length > 0) throw new ConfigError(faults);
  return keys;
}

function readText(path: string): string {
  try {
    const { mode, size } = statSync(path);
    if ((mode & WRITABLE_BY_OTHERS) !== 0) throw fileFault('everybody may write the file: chmod o-w');
    if (size > MAX_BYTES) throw fileFault(`the file is larger than ${MAX_BYTES} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw fileFault(`the file cannot be read (${String((error as NodeJS.ErrnoException).code)})`);
  }
}

const fileFault = (text: string): ConfigError => new ConfigError([`file: ${text}.`]);
