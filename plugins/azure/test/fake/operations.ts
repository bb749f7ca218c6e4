import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { badParameter } from './errors.js';
import type { Version } from './keys.js';

/** Members of a request or an answer, base64url on the wire. */
export interface Fields {
  readonly value: Buffer;
  readonly iv?: Buffer;
  readonly tag?: Buffer;
  readonly aad?: Buffer;
}

type Run = (key: Version, fields: Fields) => Fields;

const KEY_WRAP_IV = Buffer.alloc(8, 0xa6);
/** RFC 8017 section 7.1.1 for 2048 bits and SHA-256. */
const MAX_OAEP_BYTES = 190;

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const;

function rsaWrap({ privateKey }: Version, { value }: Fields): Fields {
  if (value.length > MAX_OAEP_BYTES) throw badParameter('The parameter is incorrect.');
  return { value: publicEncrypt({ key: createPublicKey(privateKey!), ...oaep }, value) };
}

/** Wrong version, wrong key and a changed blob look alike: Azure/azure-sdk-for-net#36269. */
function rsaUnwrap({ privateKey }: Version, { value }: Fields): Fields {
  return { value: orBadParameter(() => privateDecrypt({ key: privateKey!, ...oaep }, value)) };
}

/** The service makes the IV: initializeIV in cryptographyClient.js of @azure/keyvault-keys. */
function gcmEncrypt({ secret }: Version, { value, aad, iv }: Fields): Fields {
  if (iv) throw badParameter('The IV is made by the service.');
  const made = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', secret!, made).setAAD(aad ?? Buffer.alloc(0));
  const sealed = Buffer.concat([cipher.update(value), cipher.final()]);
  return { value: sealed, iv: made, tag: cipher.getAuthTag(), ...(aad && { aad }) };
}

function gcmDecrypt({ secret }: Version, { value, iv, tag, aad }: Fields): Fields {
  if (iv?.length !== 12 || tag?.length !== 16) throw badParameter('iv and tag are needed.');
  const decipher = createDecipheriv('aes-256-gcm', secret!, iv, { authTagLength: 16 });
  decipher.setAAD(aad ?? Buffer.alloc(0)).setAuthTag(tag);
  return { value: orBadParameter(() => Buffer.concat([decipher.update(value), decipher.final()])) };
}

/** RFC 3394. */
function keyWrap({ secret }: Version, { value }: Fields): Fields {
  if (value.length < 16 || value.length % 8 !== 0) throw badParameter('Whole blocks of 8 bytes only.');
  const cipher = createCipheriv('id-aes256-wrap', secret!, KEY_WRAP_IV);
  return { value: Buffer.concat([cipher.update(value), cipher.final()]) };
}

function keyUnwrap({ secret }: Version, { value }: Fields): Fields {
  const decipher = createDecipheriv('id-aes256-wrap', secret!, KEY_WRAP_IV);
  return { value: orBadParameter(() => Buffer.concat([decipher.update(value), decipher.final()])) };
}

function orBadParameter(open: () => Buffer): Buffer {
  try {
    return open();
  } catch {
    throw badParameter('Error occurred while decoding OAEP padding.');
  }
}

/** By operation as in the path, algorithm and family of key type. */
const RUNS: Readonly<Record<string, Run>> = {
  'wrapkey RSA-OAEP-256 RSA': rsaWrap,
  'unwrapkey RSA-OAEP-256 RSA': rsaUnwrap,
  'encrypt A256GCM oct': gcmEncrypt,
  'decrypt A256GCM oct': gcmDecrypt,
  'wrapkey A256KW oct': keyWrap,
  'unwrapkey A256KW oct': keyUnwrap,
};

export function run(operation: string, alg: string, key: Version, fields: Fields): Fields {
  const found = RUNS[`${operation} ${alg} ${key.keyType.replace('-HSM', '')}`];
  // The text is ours: the service's is documented nowhere.
  if (!found) throw badParameter('Key and algorithm are incompatible.');
  return found(key, fields);
}
