import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableWritablePair } from 'node:stream/web';
import { decryptStream, encryptBytes } from '../../src/index.js';
import { caught } from '../support/caught.js';
import { makeDataKey, openDataKey } from '../support/streams.js';

const PLAINTEXT = Buffer.alloc(200_000, 'kkp');
const open = openDataKey;

let folder: string;
let sealed: string;
let part: string;
let target: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kkp-streams-'));
  [sealed, part, target] = ['sealed', 'opened.part', 'opened'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(sealed, await encryptBytes(makeDataKey(), PLAINTEXT, { segmentSize: 65_536 }));
});
afterEach(() => rm(folder, { recursive: true }));

async function decryptToTarget(): Promise<void> {
  const decrypt = Transform.fromWeb(decryptStream(open) as ReadableWritablePair);
  await pipeline(createReadStream(sealed), decrypt, createWriteStream(part));
  await rename(part, target);
}

describe("Node's files", () => {
  it('are decrypted beside the target, which appears when it is whole', async () => {
    await decryptToTarget();
    expect(await readFile(target)).toEqual(PLAINTEXT);
    expect((await readdir(folder)).sort()).toEqual(['opened', 'sealed']);
  });

  it('leave no target when the stream was cut', async () => {
    const bytes = await readFile(sealed);
    await writeFile(sealed, bytes.subarray(0, -1));
    expect(await caught(decryptToTarget())).toMatchObject({ reason: 'not_authentic' });
    expect(await readdir(folder)).not.toContain('opened');
  });
});
