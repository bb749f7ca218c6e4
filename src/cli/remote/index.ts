import type { Command } from 'commander';
import { dataKeyCommand, decryptCommand, encryptCommand, rewrapCommand } from './envelope-commands.js';
import type { Terminal } from './remote-command.js';
import {
  introspectCommand,
  jwksCommand,
  revokeCommand,
  rotateCommand,
  tokenCommand,
  verifyCommand,
} from './token-commands.js';

export { readDpopKey } from './dpop-key.js';
export { EXIT, EXIT_CODES_HELP, UsageError } from './exit-codes.js';
export { codeOf } from './files.js';
export { offlineCommand, performing, type Terminal } from './remote-command.js';

/** The commands that call a server, or judge what it gave. */
export const remoteCommands = (terminal: Terminal): Command[] =>
  [
    tokenCommand,
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
