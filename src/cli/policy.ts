import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import {
  checkPolicy,
  compilePolicy,
  POLICY_DEFAULTS,
  readPolicySources,
  testPolicy,
  type PolicyMessage,
} from '../policy/index.js';

const MAX_SOURCE_BYTES = POLICY_DEFAULTS.maxSourceBytes;

/** `kkp policy build|check|test`: OPA's own compiler and tester, without an installation of OPA. */
export function policyCommand({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>): Command {
  const policy = new Command('policy').description(
    'build, check and test Rego policies with the OPA in the box',
  );
  const fail = (error: unknown): never =>
    policy.error(`kkp: ${error instanceof Error ? error.message : 'failed'}`);
  const doing =
    <Options>(work: (path: string, options: Options) => Promise<void>) =>
    (path: string, options: Options): Promise<void> =>
      work(path, options).catch(fail);
  const warn = (warnings: readonly PolicyMessage[]): void => {
    for (const { file, row, message } of warnings) stderr.write(`warning: ${file}:${row}: ${message}\n`);
  };

  policy
    .command('build')
    .description('compile a .rego file or a folder to a WebAssembly module')
    .argument('<path>', 'a .rego file, or a folder of .rego files and data.json')
    .requiredOption('-o, --output <file>', 'where to write the module')
    .option('-e, --entrypoint <path>', 'the decision', POLICY_DEFAULTS.entrypoint)
    .action(
      doing<{ output: string; entrypoint: string }>(async (path, { output, entrypoint }) => {
        const sources = await readPolicySources(path, MAX_SOURCE_BYTES);
        const { wasm, warnings } = await compilePolicy({ ...sources, entrypoints: [entrypoint] });
        warn(warnings);
        await writeFile(output, wasm);
        stdout.write(`${output}: ${wasm.length} bytes\n`);
      }),
    );

  policy
    .command('check')
    .description('report what OPA would refuse, with file and line')
    .argument('<path>', 'a .rego file, or a folder')
    .option('-e, --entrypoint <path>', 'the decision', POLICY_DEFAULTS.entrypoint)
    .action(
      doing<{ entrypoint: string }>(async (path, { entrypoint }) => {
        const sources = await readPolicySources(path, MAX_SOURCE_BYTES);
        warn((await checkPolicy({ ...sources, entrypoints: [entrypoint] })).warnings);
        stdout.write(`${path}: ok\n`);
      }),
    );

  policy
    .command('test')
    .description('run the tests of *_test.rego with OPA’s own tester')
    .argument('<path>', 'a .rego file with its _test.rego beside it, or a folder')
    .option('-t, --threshold <percent>', 'least coverage', (text) => Number(text), 0)
    .action(
      doing<{ threshold: number }>(async (path, { threshold }) => {
        const report = await testPolicy(await readPolicySources(path, MAX_SOURCE_BYTES));
        stdout.write(report.text);
        for (const [file, { coverage, notCovered }] of Object.entries(report.files)) {
          const lines = notCovered.map(({ start }) => start.row).join(', ');
          stdout.write(`${file}: ${coverage} % covered${lines === '' ? '' : `, not line ${lines}`}\n`);
        }
        if (!report.passed) throw new Error('the tests of the policy did not pass');
        if (report.coverage < threshold)
          throw new Error(`coverage ${report.coverage} % is less than ${threshold} %`);
      }),
    );

  return policy;
}
