import { callsMutants } from './calls.js';
import { ciphertextMutants } from './ciphertext.js';
import { keysMutants } from './keys.js';
import { secrecyMutants } from './secrecy.js';

export const MUTANTS = [...ciphertextMutants, ...keysMutants, ...callsMutants, ...secrecyMutants];
