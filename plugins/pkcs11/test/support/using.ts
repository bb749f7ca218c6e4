import type { Pkcs11Options } from '../../src/config.js';
import { Connection } from './connection.js';
import { FakeToken } from './fake-token.js';

/** A token with a key, and connections to it, taken away after each test. */
export function useFakeToken(): {
  readonly token: FakeToken;
  open(options?: Partial<Pkcs11Options>): Promise<Connection>;
  connect(options?: Partial<Pkcs11Options>, worker?: URL): Connection;
} {
  let token = new FakeToken();
  const connections: Connection[] = [];
  const connect = (options: Partial<Pkcs11Options> = {}, worker?: URL): Connection => {
    const connection = new Connection(token, { options, ...(worker && { worker }) });
    connections.push(connection);
    return connection;
  };
  beforeEach(() => {
    token = new FakeToken();
    token.createKey('orders');
  });
  afterEach(async () => {
    for (const connection of connections.splice(0)) {
      const closed = connection.backend.close();
      connection.time.advance(1000);
      await closed;
    }
    token.remove();
  });
  return {
    get token() {
      return token;
    },
    connect,
    async open(options) {
      const connection = connect(options);
      await connection.backend.open(connection.call());
      token.calls();
      return connection;
    },
  };
}
