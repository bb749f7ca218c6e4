/** The variable by which Node's world tells production from everything else. */
const MODE_VARIABLE = 'NODE_ENV';

/** A spelling that somebody meant as production counts as production. @param env default: that of this process */
export const isProduction = (env: Readonly<Record<string, string | undefined>> = process.env): boolean =>
  env[MODE_VARIABLE]?.trim().toLowerCase() === 'production';

/** Completes the sentence "Configure one under ..., or say ...". */
export interface ModePlaces {
  readonly callers: string;
  readonly allowAnonymous: string;
}

/** What must not be in production without being said out loud: callers whom nobody asked who they are. */
export const anonymousFault = ({ callers, allowAnonymous }: ModePlaces): string =>
  `${MODE_VARIABLE} is production, and no authenticator is configured: whoever reaches the address could mint tokens, ` +
  `encrypt and rotate keys. Configure one under ${callers}, or say ${allowAnonymous} if something in front of KKP ` +
  'authenticates every request.';

/** What must never be in production: keys that end with the process. @param place of the backend */
export const memoryFault = (place: string): string =>
  `${place}: ${MODE_VARIABLE} is production, and this backend keeps its keys in memory: what is encrypted today cannot be ` +
  'decrypted after a restart. Configure a key service under "backends", or kind "local" for keys in a file.';
