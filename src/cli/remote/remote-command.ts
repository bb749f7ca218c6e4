import { Command, InvalidArgumentError, Option } from 'commander';
import { KkpApiError, KkpClient, KkpError } from 'kkp-sdk';
import { isJsonObject, parseStrictJson } from '../../strict-json.js';
import { readDpopKey, type DpopKeyOption } from './dpop-key.js';
import { EXIT_CODES_HELP, exitCodeOf, UsageError } from './exit-codes.js';
import { readSecret } from './files.js';

/** As much of the process as the commands use. */
export type Terminal = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'exitCode'>;

export interface CommonOptions {
  readonly url: string;
  readonly timeout: number;
  readonly credentialFile?: string;
  readonly apiKeyFile?: string;
  readonly json?: true;
}

/** A command that calls a server. Secrets come from files: arguments are seen by every user of a machine. */
export function remoteCommand(name: string, description: string): Command {
  return offlineCommand(name, description)
    .addOption(
      new Option('--url <url>', 'where the server is').env('KKP_URL').default('http://localhost:8080'),
    )
    .addOption(
      new Option('--credential-file <file>', 'file with the bearer token of the caller').env(
        'KKP_CREDENTIAL_FILE',
      ),
    )
    .addOption(
      new Option('--api-key-file <file>', 'file with the API key of the caller').env('KKP_API_KEY_FILE'),
    )
    .addOption(timeoutOption());
}

/** A command with the exit codes and the errors of the others. */
export function offlineCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--json', 'answer and errors as JSON')
    .addHelpText('after', EXIT_CODES_HELP)
    .exitOverride();
}

export const timeoutOption = (): Option =>
  new Option('--timeout <seconds>', 'how long a call may take').default(10).argParser(wholeNumber);

/** The action of a command: whatever it throws becomes a line and an exit code, and never a stack. */
export function performing<Options extends Pick<CommonOptions, 'json'>>(
  terminal: Terminal,
  perform: (options: Options) => Promise<void>,
): (options: Options) => Promise<void> {
  return async (options) => {
    try {
      await perform(options);
    } catch (error) {
      terminal.exitCode = exitCodeOf(error);
      terminal.stderr.write(options.json ? `${JSON.stringify(jsonOf(error))}\n` : `kkp: ${textOf(error)}\n`);
    }
  };
}

/** @throws UsageError for two credentials, or for a file that cannot be read or used */
export async function connect(options: CommonOptions & DpopKeyOption): Promise<KkpClient> {
  const { url, timeout, credentialFile, apiKeyFile, dpopKey } = options;
  if (credentialFile !== undefined && apiKeyFile !== undefined) {
    throw new UsageError('give one credential: a credential file or an API key file, not both');
  }
  const dpop = dpopKey === undefined ? {} : { dpop: { key: await readDpopKey(dpopKey) } };
  const base = { baseUrl: url, timeoutMs: timeout * 1000, ...dpop };
  if (credentialFile !== undefined)
    return new KkpClient({ ...base, credentials: await readSecret(credentialFile) });
  if (apiKeyFile !== undefined)
    return new KkpClient({ ...base, credentials: { apiKey: await readSecret(apiKeyFile) } });
  return new KkpClient(base);
}

/** @throws InvalidArgumentError for what is no whole number above zero */
export function wholeNumber(text: string): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (number < 1) throw new InvalidArgumentError('Allowed: a whole number above 0.');
  return number;
}

/** @throws InvalidArgumentError */
export function jsonObject(text: string): Record<string, unknown> {
  const value = parseStrictJson(Buffer.from(text));
  if (!isJsonObject(value)) throw new InvalidArgumentError('Allowed: a JSON object.');
  return value;
}

function textOf(error: unknown): string {
  if (error instanceof KkpApiError) return `${error.message} (${error.code}, HTTP ${error.status})`;
  return exitCodeOf(error) === 1 ? 'failed for a reason of its own' : (error as Error).message;
}

function jsonOf(error: unknown): object {
  const code = error instanceof KkpError ? error.code : exitCodeOf(error) === 1 ? 'failed' : 'usage';
  const message = exitCodeOf(error) === 1 ? textOf(error) : (error as Error).message;
  if (!(error instanceof KkpApiError)) return { error: code, message };
  const { status, instance, retryAfterSeconds } = error;
  return { error: code, message, status, instance, retry_after_seconds: retryAfterSeconds };
}
