import type { KmsPluginOptions, OptionReader } from 'kkp-plugin-kit';

/** What stands in the server's configuration file beside `kind`. */
export interface MineOptions extends KmsPluginOptions {
  /** Where the service is: an https URL. */
  readonly address: string;
  /** What KKP shows the service. */
  readonly token: string;
}

export interface MineConfig {
  readonly address: string;
  readonly token: string;
}

/** Notes every fault; no text repeats a value, which may be a secret. No I/O. */
export function parseConfig(read: OptionReader): MineConfig {
  return {
    address: read.string('address', 'must be an https URL', isHttpsUrl),
    token: read.string('token', 'must be 1 to 4096 printable ASCII characters', isToken),
  };
}

function isHttpsUrl(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === 'https:';
}

function isToken(text: string): boolean {
  return /^[\x21-\x7e]{1,4096}$/.test(text);
}
