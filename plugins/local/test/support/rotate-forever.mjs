/* Rotates a key until it is killed, and says each version once it is acknowledged. Arguments: directory, root key file. */
import { LocalKeyStore } from 'kkp-plugin-local';

const [dir, file] = process.argv.slice(2);
const store = await LocalKeyStore.open({ dir, root: { kind: 'key', file } });
for (let rotations = 0; rotations < 200; rotations += 1) {
  process.stdout.write(`${await store.rotate('orders')}\n`);
}
