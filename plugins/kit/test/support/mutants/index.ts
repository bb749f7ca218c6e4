import { callsMutants } from './calls.js';
import { ciphertextMutants } from './ciphertext.js';
import { dataKeysMutants } from './data-keys.js';
import { keysMutants } from './keys.js';
import { secrecyMutants } from './secrecy.js';

export const MUTANTS = [
  ...ciphertextMutants,
  ...keysMutants,
  ...callsMutants,
  ...dataKeysMutants,
  ...secrecyMutants,
];
