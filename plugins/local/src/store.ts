import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Host } from 'kkp-plugin-kit';
import { openBox, sealBox, type Binding } from './box.js';
import { refuse } from './errors.js';
import { codeOf, type Files } from './files.js';
import { readHeader, writeHeader } from './store-header.js';
import { RevisionFiles } from './revisions.js';
import { newDerivation, readRoot, type RootFile } from './root.js';

/** A store that has been opened with its root. */
export interface Store {
  /** Seals the files of the keys. Random, and itself sealed by the root, which can be exchanged alone. */
  readonly storeKey: KeyObject;
  readonly revisions: RevisionFiles;
}

export interface StorePlace {
  readonly dir: string;
  readonly root: RootFile;
}

/** What a store uses of the world. */
interface StoreSeams {
  readonly files: Files;
  readonly random: Host['random'];
}

/** Of the file that makes a directory a store. No key has this name: keys end with `.key`. */
const HEADER = 'kkp.store';
const MAX_HEADER_BYTES = 4096;
const KEY_BYTES = 32;
const WRITABLE_BY_OTHERS = 0o022;
const BINDING: Binding = { purpose: 'store', parts: [] };

/** @throws KmsError `store-exists` */
export async function createStore({ dir, root }: StorePlace, seams: StoreSeams): Promise<void> {
  const { files, random } = seams;
  await makeDir(dir, files);
  const revisions = new RevisionFiles(dir, files, random);
  if ((await revisions.latest(HEADER)) !== undefined) throw refuse('store-exists');
  const storeKey = createSecretKey(random.bytes(KEY_BYTES));
  await commitHeader({ storeKey, revisions }, 0, root, seams);
}

/** @throws KmsError that says what is wrong with the root, the modes of the files or the store */
export async function openStore({ dir, root }: StorePlace, seams: StoreSeams): Promise<Store> {
  const { files, random } = seams;
  if (((await files.modeOfDir(dir)) & WRITABLE_BY_OTHERS) !== 0) throw refuse('dir-mode');
  const revisions = new RevisionFiles(dir, files, random);
  const revision = await revisions.latest(HEADER);
  if (revision === undefined) throw refuse('no-store');
  const header = readHeader((await revisions.read(HEADER, revision, MAX_HEADER_BYTES)).bytes);
  const rootKey = await readRoot(root, header.root, files);
  const material = openBox(rootKey, header.sealed, BINDING);
  if (!material) throw refuse('wrong-root');
  try {
    return { storeKey: createSecretKey(material), revisions };
  } finally {
    material.fill(0);
  }
}

/** Seals the store with another root: one file is written, and the keys stay as they are. */
export async function changeRoot(store: Store, root: RootFile, seams: StoreSeams): Promise<void> {
  await commitHeader(store, (await store.revisions.latest(HEADER)) ?? 0, root, seams);
}

async function commitHeader(
  { storeKey, revisions }: Store,
  previous: number,
  root: RootFile,
  { files, random }: StoreSeams,
): Promise<void> {
  const derivation = newDerivation(root, random);
  const rootKey = await readRoot(root, derivation, files);
  const material = storeKey.export();
  const sealed = sealBox(rootKey, material, BINDING, random);
  material.fill(0);
  await revisions.commit(HEADER, previous, writeHeader({ root: derivation, sealed }));
}

/** A directory that is there already is taken as it is; its mode is looked at when the store is opened. */
async function makeDir(dir: string, files: Files): Promise<void> {
  try {
    await files.makeDir(dir);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  await files.syncDir(`${dir}/..`);
}
