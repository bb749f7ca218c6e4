#!/usr/bin/env node
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { systemClock } from '../clock.js';
import { systemRandom } from '../random.js';
import { apikeyCommand } from './apikey.js';
import { checkConfig } from './check-config.js';
import { policyCommand } from './policy.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('kkp').description('Keyless KMS Proxy').version(version);

program
  .command('start')
  .description('start the server, configured by the environment')
  .action(async () => {
    const { run } = await import('../server/index.js');
    await run(process.env, process);
  });

program
  .command('check-config')
  .description('print the effective configuration, secrets redacted; opens nothing')
  .action(() => checkConfig(process));

program.addCommand(apikeyCommand(process, systemClock, systemRandom));
program.addCommand(policyCommand(process));

await program.parseAsync();
