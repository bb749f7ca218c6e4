import { Command, Option } from 'commander';
import { KkpApiError, KkpConnectionError, KkpError } from 'kkp-sdk';
import { withCertificates, type CertificateFiles } from './certificates.js';
import { EXIT, EXIT_CODES_HELP, exitCodeOf } from './exit-codes.js';
import { timeoutOption, urlOption } from './options.js';

/** As much of the process as the commands use. */
export type Terminal = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'exitCode'>;

export interface ServerOptions extends CertificateFiles {
  readonly url: string;
  readonly timeout: number;
  readonly json?: true;
}

export interface CommonOptions extends ServerOptions {
  readonly credentialFile?: string;
  readonly apiKeyFile?: string;
}

/** A command that calls a server. Secrets come from files: arguments are seen by every user of a machine. */
export function remoteCommand(name: string, description: string): Command {
  return withServer(offlineCommand(name, description))
    .addOption(
      new Option('--credential-file <file>', 'file with the bearer token of the caller').env(
        'KKP_CREDENTIAL_FILE',
      ),
    )
    .addOption(
      new Option('--api-key-file <file>', 'file with the API key of the caller').env('KKP_API_KEY_FILE'),
    );
}

/** Where a server is, and how it is reached. */
export const withServer = (command: Command): Command =>
  withCertificates(command.addOption(urlOption()).addOption(timeoutOption()));

/** A command with the exit codes and the errors of the others. */
export function offlineCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--json', 'answer and errors as JSON')
    .addHelpText('after', EXIT_CODES_HELP)
    .exitOverride();
}

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

function textOf(error: unknown): string {
  if (error instanceof KkpApiError) return `${error.message} (${error.code}, HTTP ${error.status})`;
  if (exitCodeOf(error) === EXIT.failed) return 'failed for a reason of its own';
  return (error as Error).message + reasonOf(error);
}

/** What the network or TLS says, as ECONNREFUSED: a code, which quotes nothing. */
function reasonOf(error: unknown): string {
  if (!(error instanceof KkpConnectionError)) return '';
  for (let { cause } = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause) return ` (${String(cause.code)})`;
  return '';
}

function jsonOf(error: unknown): object {
  if (error instanceof KkpApiError) {
    const { code, message, status, instance, retryAfterSeconds } = error;
    return { error: code, message, status, instance, retry_after_seconds: retryAfterSeconds };
  }
  const other = exitCodeOf(error) === EXIT.failed ? 'failed' : 'usage';
  return { error: error instanceof KkpError ? error.code : other, message: textOf(error) };
}
