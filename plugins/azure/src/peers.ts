import { KmsError } from 'kkp-plugin-kit';

/** Loads an SDK that only users of this backend install. */
export async function loadPeer<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
    const text = missing
      ? `The backend needs a package that is not installed: npm install ${name}`
      : `Package ${name} failed to load.`;
    throw new KmsError('unsupported', text, { side: 'proxy', cause });
  }
}
