// Pinned Python packages in an environment of their own, made once and made anew when the pins change.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** The folder of the environment's programs. `minor`: the least Python 3 that the packages run on. */
export function pythonVenv(folder, requirementsFile, minor) {
  const requirements = readFileSync(requirementsFile, 'utf8');
  const stamp = join(folder, 'installed.txt');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== requirements) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(dirname(folder), { recursive: true });
    execFileSync(findPython(minor), ['-m', 'venv', folder], { stdio: 'inherit' });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirementsFile];
    execFileSync(join(folder, 'bin/python'), pip, { stdio: 'inherit' });
    writeFileSync(stamp, requirements);
  }
  return join(folder, 'bin');
}

function findPython(minor) {
  const names = [13, 14].map((version) => `python3.${version}`);
  const found = ['python3', ...names, ...pyenvPythons()].find((command) => minorOf(command) >= minor);
  if (found !== undefined) return found;
  throw new Error(`Python 3.${minor} or later is needed, and neither in the PATH nor under ~/.pyenv.`);
}

function pyenvPythons() {
  const versions = join(homedir(), '.pyenv/versions');
  if (!existsSync(versions)) return [];
  return readdirSync(versions).map((version) => join(versions, version, 'bin/python3'));
}

/** NaN where the command is missing, or a shim of a version that is not chosen. */
function minorOf(command) {
  const { status, stdout } = spawnSync(command, ['-c', 'import sys, venv; print(sys.version_info.minor)']);
  return status === 0 ? Number(stdout) : NaN;
}
