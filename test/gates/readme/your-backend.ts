import type { Host, KmsBackend } from 'kkp-plugin-kit';
import memory from 'kkp-plugin-memory';

/** Stands in for the backend of whoever reads the README. */
export const connect = (_address: string, host: Host): KmsBackend =>
  memory({ name: 'yours', emulates: 'gcp' }).create(host);
