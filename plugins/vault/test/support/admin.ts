/** The owner of a transit engine, over HTTP: a real Vault takes the same calls. */
export class TransitAdmin {
  readonly #address: string;
  readonly #token: string;
  #made = 0;

  constructor(address: string, token: string) {
    this.#address = address;
    this.#token = token;
  }

  async createKey(name = `created-${++this.#made}`, fields: object = {}): Promise<string> {
    await this.send('POST', `transit/keys/${name}`, fields);
    return name;
  }

  async rotate(name: string): Promise<void> {
    await this.send('POST', `transit/keys/${name}/rotate`);
  }

  async delete(name: string): Promise<void> {
    await this.send('POST', `transit/keys/${name}/config`, { deletion_allowed: true });
    await this.send('DELETE', `transit/keys/${name}`);
  }

  /** OpenBao only. */
  async disable(name: string): Promise<void> {
    await this.send('DELETE', `transit/keys/${name}/soft-delete`);
  }

  async send(method: 'GET' | 'POST' | 'DELETE', path: string, fields: object = {}): Promise<unknown> {
    const response = await fetch(`${this.#address}/v1/${path}`, {
      method,
      headers: { 'x-vault-token': this.#token },
      ...(method === 'POST' && { body: JSON.stringify(fields) }),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`);
    return answer === '' ? undefined : JSON.parse(answer);
  }
}
