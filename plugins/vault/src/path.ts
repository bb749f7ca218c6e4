const PATH = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;

export const PATH_ALLOWED =
  'must be a path of letters, digits, "_", "-" and ".", without a slash at its ends';

/** Whether the text is a path as Vault takes it for mounts and namespaces. */
export function isPath(text: string): boolean {
  return text.length <= 256 && PATH.test(text);
}
