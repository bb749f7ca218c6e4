import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { WrappedKey } from 'kkp-plugin-kit';
import { nodeFiles } from '../src/files.js';
import { LocalKeyStore } from '../src/key-store.js';
import { writeRootKey } from './support/root-files.js';
import { PLAINTEXT, Server } from './support/sim-store.js';

const CHILD = fileURLToPath(new URL('./support/rotate-forever.mjs', import.meta.url));
const KILLS = 12;

/** Kills the process while it makes the rotation after the given one, a little later each time; gives the last version it told. */
async function rotateAndKill(args: readonly string[], rotations: number, turns: number): Promise<number> {
  const child = spawn(process.execPath, [CHILD, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const exited = once(child, 'exit');
  let told = 0;
  let heard = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    told = Number(line);
    heard += 1;
    if (heard !== rotations) continue;
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
    child.kill('SIGKILL');
  }
  expect(await exited).toEqual([null, 'SIGKILL']);
  return told;
}

describe('a process that is killed while it rotates a key', () => {
  it('leaves a store that opens, with every version that it told and every blob', async () => {
    const folder = await mkdtemp(`${tmpdir()}/kkp-local-`);
    const dir = `${folder}/store`;
    const root = await writeRootKey(`${folder}/root.key`);
    await (await LocalKeyStore.create({ dir, root })).createKey('orders');
    const server = await Server.open(nodeFiles, { dir, root });
    const blobs: WrappedKey[] = [await server.wrap()];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const told = await rotateAndKill([dir, root.file], 1 + (kill % 4), kill * 7);
      const [key] = await (await LocalKeyStore.open({ dir, root })).list();
      expect(key).toMatchObject({ state: 'enabled' });
      expect(key!.latest).toBeGreaterThanOrEqual(told);
      expect(key!.versions).toHaveLength(key!.latest);
      blobs.push(await server.wrap());
      const restarted = await Server.open(nodeFiles, { dir, root });
      for (const blob of blobs) expect((await restarted.unwrap(blob)).plaintext).toEqual(PLAINTEXT);
    }
    await (await LocalKeyStore.open({ dir, root })).rotate('orders');
    expect(await nodeFiles.list(dir)).toHaveLength(2);
    await rm(folder, { recursive: true });
  });
});
