import type { Command } from 'commander';
import { connect } from '../connect.js';
import { asJson, writeOutput } from '../files.js';
import { performing, remoteCommand, type CommonOptions, type Terminal } from '../remote-command.js';

/** `kkp jwks`: the public keys now. */
export function jwksCommand(terminal: Terminal): Command {
  return remoteCommand('jwks', 'print the public keys that tokens are verified with, as JSON').action(
    performing<CommonOptions>(terminal, async (options) => {
      const jwks = await (await connect(options)).fetchJwks();
      await writeOutput('-', asJson(jwks), terminal.stdout);
    }),
  );
}

/** `kkp rotate`: the next signing key signs. */
export function rotateCommand(terminal: Terminal): Command {
  return remoteCommand('rotate', 'make the next signing key sign from now on').action(
    performing<CommonOptions>(terminal, async (options) => {
      const rotated = await (await connect(options)).rotate();
      await writeOutput('-', `${options.json ? JSON.stringify(rotated) : rotated.kid}\n`, terminal.stdout);
    }),
  );
}
