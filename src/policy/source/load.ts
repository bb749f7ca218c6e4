import { fileURLToPath } from 'node:url';
import { systemClock, type Clock } from '../../clock.js';
import { PolicyEngine } from '../engine.js';
import { faultText, PolicyLoadError } from '../load-error.js';
import { readSource } from './read.js';

/** Where a policy comes from and what it may use. Everything has a default. */
export interface PolicyOptions {
  /** `.rego` file, folder of them, `.wasm`, or OPA bundle `.tar.gz`. Default: the policy that KKP ships. */
  path?: string;
  /** Slash path of the decision. Default `kkp/authz/allow`. */
  entrypoint?: string;
  /** Longest input, in bytes of JSON. Default 64 KiB. */
  maxInputBytes?: number;
  /** Most memory of one policy instance, data included. Default 64 MiB. */
  maxMemoryBytes?: number;
  /** Largest bundle or module as stored, and largest sum of the files of a folder. Default 16 MiB. */
  maxSourceBytes?: number;
  /** Largest bundle when unpacked. Default 64 MiB. */
  maxUnpackedBytes?: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const POLICY_DEFAULTS = {
  entrypoint: 'kkp/authz/allow',
  maxInputBytes: 64 * KIB,
  maxMemoryBytes: 64 * MIB,
  maxSourceBytes: 16 * MIB,
  maxUnpackedBytes: 64 * MIB,
};

/** The package's root is as far from dist/policy/source as it is from src/policy/source. */
const BUILT_IN = fileURLToPath(new URL('../../../policy/kkp.wasm', import.meta.url));

/** @throws PolicyLoadError whose message names the path and says what is wrong, in OPA's own words where it spoke */
export async function loadPolicy(
  options: PolicyOptions = {},
  clock: Clock = systemClock,
): Promise<PolicyEngine> {
  const {
    path = BUILT_IN,
    entrypoint = POLICY_DEFAULTS.entrypoint,
    maxInputBytes = POLICY_DEFAULTS.maxInputBytes,
    maxMemoryBytes = POLICY_DEFAULTS.maxMemoryBytes,
    maxSourceBytes = POLICY_DEFAULTS.maxSourceBytes,
    maxUnpackedBytes = POLICY_DEFAULTS.maxUnpackedBytes,
  } = options;
  try {
    const source = await readSource(path, { entrypoint, maxSourceBytes, maxUnpackedBytes });
    return await PolicyEngine.load(source, { entrypoint, maxInputBytes, maxMemoryBytes, clock });
  } catch (error) {
    throw new PolicyLoadError(`The policy ${path} cannot be loaded: ${faultText(error)}`, { cause: error });
  }
}
