/** Imports a package by its name. */
export type ImportPackage = (name: string) => Promise<unknown>;

export const importPackage: ImportPackage = (name) => import(name);

/**
 * The default export of a package that the configuration names.
 *
 * @throws Error that says whether the package is missing or does not load
 */
export async function defaultExportOf(name: string, load: ImportPackage): Promise<unknown> {
  const loaded = await load(name).catch((cause: unknown) => {
    const text = isMissing(cause, name)
      ? `package ${name} is not installed: npm install ${name}`
      : `package ${name} failed to load: ${messageOf(cause)}`;
    throw new Error(text, { cause });
  });
  return (loaded as { default?: unknown }).default;
}

/** Whether the package itself is missing, and not something that it needs. */
const isMissing = (cause: unknown, name: string): boolean =>
  cause instanceof Error &&
  'code' in cause &&
  cause.code === 'ERR_MODULE_NOT_FOUND' &&
  cause.message.includes(`'${name}'`);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
