import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PolicyCompileError, PolicyCompilerFault, type PolicyMessage } from './errors.js';

export interface OpaProcessOptions {
  /** Ends the process at once. */
  signal?: AbortSignal;
  /** For each start, for a process that crashes is started again. Default 60 s; a usual policy takes well under one. */
  timeoutMs?: number;
}

/** What main.go answers. */
interface OpaAnswer {
  result?: unknown;
  error?: { text: string; errors: PolicyMessage[] };
}

const DEFAULT_TIMEOUT_MS = 60_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** The package's root is as far from dist/policy/compiler as it is from src/policy/compiler. */
const OPA = fileURLToPath(new URL('../../../policy/opa/run.mjs', import.meta.url));

/** Liftoff alone halves start-up time and memory: the module is large and runs once. The memory cap is 1 GiB. */
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--liftoff-only', '--wasm-max-mem-pages=16384'];

/** By these V8 ends a process that it cannot go on with. Whoever kills one, as a timeout does, uses others. */
const CRASHES: readonly unknown[] = ['SIGABRT', 'SIGBUS', 'SIGILL', 'SIGSEGV', 'SIGTRAP'];
const MAX_STARTS = 3;

const run = promisify(execFile);

/**
 * Gives one request to OPA's compiler in a process of its own, without environment, files or network.
 * @throws PolicyCompileError when OPA refuses the policy
 * @throws PolicyCompilerFault when the process fails
 * @throws the signal's reason when it is aborted
 */
export async function askOpa(request: object, options: OpaProcessOptions = {}): Promise<unknown> {
  const answer = JSON.parse(await runOpa(JSON.stringify(request), options)) as OpaAnswer;
  if (answer.error !== undefined) {
    throw new PolicyCompileError(withAdvice(answer.error.text), answer.error.errors);
  }
  return answer.result;
}

/** OPA 1 reads Rego v1 only, and does not say how far an older policy is from it. */
const withAdvice = (text: string): string =>
  /`(if|contains)` keyword is required/.test(text)
    ? `${text}\nThis is Rego of before OPA 1.0: write \`allow if { … }\` for \`allow { … }\`, and \`deny contains x if { … }\` for sets.`
    : text;

async function runOpa(request: string, options: OpaProcessOptions): Promise<string> {
  const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  for (let starts = 1; ; starts++) {
    try {
      return await start(request, options);
    } catch (error) {
      signal?.throwIfAborted();
      if (starts < MAX_STARTS && CRASHES.includes((error as { signal?: unknown }).signal)) continue;
      throw new PolicyCompilerFault(`OPA's compiler ${howItFailed(error, timeoutMs)}`, { cause: error });
    }
  }
}

async function start(
  request: string,
  { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: OpaProcessOptions,
): Promise<string> {
  const running = run(process.execPath, [...NODE_FLAGS, OPA], {
    env: {},
    encoding: 'utf8',
    killSignal: 'SIGKILL',
    maxBuffer: MAX_ANSWER_BYTES,
    timeout: timeoutMs,
    windowsHide: true,
    ...(signal && { signal }),
  });
  // A process that dies early closes the pipe; how it died is said by its exit.
  running.child.stdin?.on('error', () => undefined).end(request);
  return (await running).stdout;
}

function howItFailed(error: unknown, timeoutMs: number): string {
  const { killed, code, signal, stderr, message } = error as {
    killed?: boolean;
    code?: unknown;
    signal?: string | null;
    stderr?: string;
    message: string;
  };
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    return `answered with more than ${MAX_ANSWER_BYTES} bytes`;
  }
  if (killed) {
    return `did not finish within ${timeoutMs} ms`;
  }
  if (stderr === undefined) {
    return `could not be started: ${message}`;
  }
  const firstLine = stderr
    .split('\n')
    .find((line) => /\w/.test(line))
    ?.trim();
  return `ended with ${signal ?? `exit code ${String(code)}`}: ${firstLine ?? 'it gave no reason'}`;
}
