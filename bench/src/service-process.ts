import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../dist/services/bench/services/main.js', import.meta.url));

/** A backend as the configuration has it, without its name, and a key that it can use. */
export interface Service {
  readonly backend: { readonly kind: string; readonly [option: string]: unknown };
  readonly keyId: string;
}

/** Key services at the wire, each behind a proxy of faults, in a process of their own. */
export interface ServiceProcess {
  readonly services: readonly Service[];
  /** What KKP needs in its environment to reach them. */
  readonly env: Readonly<Record<string, string>>;
  /** From here on every request to them meets the fault. */
  setFault(fault: { readonly kind: string }): Promise<void>;
  stop(): Promise<void>;
}

export async function startServices(kinds: readonly string[]): Promise<ServiceProcess> {
  const child = fork(ENTRY, kinds, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  const next = async (): Promise<unknown> => {
    const early = ended.then(() => Promise.reject(new Error('The services ended.')));
    const [message] = (await Promise.race([once(child, 'message'), early])) as [unknown];
    return message;
  };
  const ready = (await next()) as Pick<ServiceProcess, 'services' | 'env'>;
  return {
    ...ready,
    setFault: async (fault) => {
      child.send({ fault });
      await next();
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
