#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { systemClock } from '../clock.js';
import { systemRandom } from '../random.js';
import { apikeyCommand } from './apikey.js';
import { completionCommand } from './completion/index.js';
import { dpopCommand } from './dpop.js';
import { policyCommand } from './policy.js';
import { EXIT, EXIT_CODES_HELP, remoteCommands } from './remote/index.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('kkp')
  .description('Keyless KMS Proxy')
  .version(version)
  .addHelpText('after', EXIT_CODES_HELP)
  .exitOverride();

program
  .command('start')
  .description('start the server, configured by the environment')
  .action(async () => {
    await import('reflect-metadata');
    const { run } = await import('../server/index.js');
    await run(process.env, process);
  });

program
  .command('check-config')
  .description('print the effective configuration, secrets redacted; opens nothing')
  .action(async () => {
    await import('reflect-metadata');
    const { checkConfig } = await import('./check-config.js');
    await checkConfig(process);
  });

program.addCommand(apikeyCommand(process, systemClock, systemRandom));
program.addCommand(dpopCommand(process));
program.addCommand(policyCommand(process));
for (const command of remoteCommands(process)) program.addCommand(command);
program.addCommand(completionCommand(program, process));

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
}
