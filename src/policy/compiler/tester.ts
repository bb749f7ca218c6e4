import { asRequest, type CompileRequest } from './compiler.js';
import { askOpa, type OpaProcessOptions } from './opa.process.js';

export interface PolicyTestReport {
  /** At least one test ran, and each passed. A skipped one (`todo_test_…`) did not. */
  passed: boolean;
  /** In the order of files and lines. */
  tests: readonly PolicyTest[];
  /** What `opa test --verbose` prints: the tests, their output, traces of failures, totals. */
  text: string;
  /** Percentage over all files, tests included, as OPA counts. */
  coverage: number;
  /** By file name. */
  files: Readonly<Record<string, FileCoverage>>;
}

export interface PolicyTest {
  file: string;
  row: number;
  /** Such as `data.kkp.authz_test`. */
  package: string;
  name: string;
  outcome: 'pass' | 'fail' | 'error' | 'skip';
  durationNs: number;
  /** What the test printed. */
  output: string;
  error: string;
  /** Where a failed test failed. */
  trace: string;
}

export interface FileCoverage {
  coverage: number;
  covered: readonly SourceRange[];
  notCovered: readonly SourceRange[];
}

/** `row` and `col` count from 1. */
export interface SourceRange {
  start: { row: number; col: number };
  end: { row: number; col: number };
}

/** As OPA reports it: what is nothing or zero is left out. */
interface OpaFileCoverage {
  coverage?: number;
  covered?: SourceRange[];
  not_covered?: SourceRange[];
}

interface OpaTestReport {
  tests: PolicyTest[];
  text: string;
  coverage: { coverage: number; files: Record<string, OpaFileCoverage> };
}

/**
 * Runs the tests of `*_test.rego` with OPA's own tester. They may use every builtin of OPA, the policy those of a build.
 * @throws PolicyCompileError, PolicyCompilerFault
 */
export async function testPolicy(
  request: CompileRequest,
  options?: OpaProcessOptions,
): Promise<PolicyTestReport> {
  const report = (await askOpa(asRequest('test', request), options)) as OpaTestReport;
  const files = Object.entries(report.coverage.files).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    passed: report.tests.length > 0 && report.tests.every(({ outcome }) => outcome === 'pass'),
    tests: report.tests,
    text: report.text,
    coverage: report.coverage.coverage,
    files: Object.fromEntries(files.map(([name, file]) => [name, fileCoverage(file)])),
  };
}

function fileCoverage({ coverage = 0, covered = [], not_covered = [] }: OpaFileCoverage): FileCoverage {
  return { coverage, covered, notCovered: not_covered };
}
