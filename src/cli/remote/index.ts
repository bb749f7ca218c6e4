import type { Command } from 'commander';
import { introspectCommand } from './commands/introspect.js';
import { jwksCommand, rotateCommand } from './commands/keys.js';
import { exchangeCommand, grantCommand } from './commands/oauth-tokens.js';
import { decryptCommand, rewrapCommand } from './commands/opening.js';
import { revokeCommand } from './commands/revoke.js';
import { dataKeyCommand, encryptCommand } from './commands/sealing.js';
import { tokenCommand } from './commands/token.js';
import { verifyCommand } from './commands/verify.js';
import type { Terminal } from './remote-command.js';

export { readDpopKey } from './dpop-key.js';
export { EXIT, EXIT_CODES_HELP, UsageError } from './exit-codes.js';
export { codeOf } from './files.js';
export { offlineCommand, performing, type Terminal } from './remote-command.js';

/** The commands that call a server, or judge what it gave. */
export const remoteCommands = (terminal: Terminal): Command[] =>
  [
    tokenCommand,
    grantCommand,
    exchangeCommand,
    encryptCommand,
    decryptCommand,
    rewrapCommand,
    dataKeyCommand,
    verifyCommand,
    introspectCommand,
    revokeCommand,
    jwksCommand,
    rotateCommand,
  ].map((make) => make(terminal));
