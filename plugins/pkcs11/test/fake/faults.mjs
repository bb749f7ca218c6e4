import { setTimeout as sleep } from 'node:timers/promises';
import { ckr } from './names.mjs';

const POLL_MS = 5;
const napping = new Int32Array(new SharedArrayBuffer(4));

/** A call on the main thread of the process: a hang stops everything in it, and one that strikes once lasts for ever. */
export function strike(token, call) {
  const fault = begin(token, call);
  while (hangs(fault)) Atomics.wait(napping, 0, 0, POLL_MS);
  end(fault);
}

/** A call on a thread of the pool: a hang stops that call alone. */
export async function strikeAsync(token, call) {
  const fault = begin(token, call);
  while (hangs(fault)) await sleep(POLL_MS);
  end(fault);
}

function begin(token, call) {
  const fault = token.fault(call);
  if (fault?.hang) token.note(`hangs in ${call}`);
  return fault;
}

const hangs = (fault) => fault?.hang === true && (fault.once === true || fault.lasts());

function end(fault) {
  if (fault?.abort) process.abort();
  if (fault?.segfault) process.kill(process.pid, 'SIGSEGV');
  if (fault?.exit !== undefined) process.exit(fault.exit);
  if (fault?.rv) throw ckr(fault.rv);
  if (fault?.throws) throw new TypeError(fault.throws);
}
