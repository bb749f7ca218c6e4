import { constants } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Server, ServerOptions } from 'node:https';
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { ConfigError, type Settings } from '../config/index.js';

/** Group may read, for those who mount secrets for a group; nobody else may do anything. */
const TOO_OPEN = 0o027;

type TlsFiles = Pick<
  Partial<Settings>,
  'tlsCertFile' | 'tlsKeyFile' | 'tlsClientCaFile' | 'tlsClientCertificate'
>;

/** Certificates of the server, and what it asks of its clients. */
export class ServerTls {
  #context: SecureContextOptions;
  #server: Server | undefined;

  /** @throws ConfigError for files that cannot be used */
  constructor(private readonly files: TlsFiles) {
    this.#context = readContext(files);
  }

  get options(): ServerOptions {
    const { tlsClientCertificate = 'none' } = this.files;
    return {
      ...this.#context,
      requestCert: tlsClientCertificate !== 'none',
      rejectUnauthorized: tlsClientCertificate === 'required',
    };
  }

  watch(server: Server): void {
    this.#server = server;
    if (this.files.tlsClientCertificate === 'optional')
      server.prependListener('secureConnection', endIfUnproven);
  }

  /**
   * Reads the files again; new connections get what they hold now.
   * @throws ConfigError, and the old ones go on
   */
  reload(): void {
    this.#context = readContext(this.files);
    this.#server?.setSecureContext(this.#context);
  }
}

/**
 * Undefined where the settings do not name a certificate and its key.
 * @throws ConfigError
 */
export const serverTls = (files: TlsFiles): ServerTls | undefined =>
  files.tlsCertFile === undefined || files.tlsKeyFile === undefined ? undefined : new ServerTls(files);

/** Who shows a certificate is taken at their word: with a bad one they are not served as nobody. */
function endIfUnproven(socket: TLSSocket): void {
  const { raw } = socket.getPeerCertificate() as { raw?: Buffer };
  if (raw !== undefined && !socket.authorized) socket.destroy();
}

function readContext({ tlsCertFile, tlsKeyFile, tlsClientCaFile }: TlsFiles): SecureContextOptions {
  const context: SecureContextOptions = {
    cert: readPem('cert_file', tlsCertFile),
    key: readKey(tlsKeyFile),
    ...(tlsClientCaFile !== undefined && {
      ca: readPem('client_ca_file', tlsClientCaFile),
      // A resumed session would not prove the client's certificate anew.
      secureOptions: constants.SSL_OP_NO_TICKET,
    }),
    minVersion: 'TLSv1.2',
  };
  try {
    createSecureContext(context);
  } catch {
    throw fault('cert_file', 'certificate, key and authorities are not PEM that belongs together');
  }
  return context;
}

function readKey(path: string | undefined): Buffer {
  const key = readPem('key_file', path);
  if (path !== undefined && (statSync(path).mode & TOO_OPEN) !== 0) {
    throw fault(
      'key_file',
      'others than its owner may read or write the private key: chmod 0600, or 0640 for a group',
    );
  }
  return key;
}

function readPem(member: string, path = ''): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fault(member, `the file cannot be read (${String((error as NodeJS.ErrnoException).code)})`);
  }
}

const fault = (member: string, text: string): ConfigError => new ConfigError([`tls.${member}: ${text}.`]);
