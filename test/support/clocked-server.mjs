// A server whose clock the one who started it can move:
//   node test/support/clocked-server.mjs [UNIX_SECONDS]
// The clock stands still at the time given, or else is the machine's. Each line of standard input is a number of seconds to
// move it ahead; the server ends with it. Prints its address in a line of JSON, and then one for each line read. Settings are
// those of the environment.
import { createInterface } from 'node:readline';
import memory from 'kkp-plugin-memory';
import { readSettings } from '../../dist/config/index.js';
import { createPino, createServer } from '../../dist/server/index.js';

const [start] = process.argv.slice(2);
let ahead = 0;
const clock = { now: () => (start === undefined ? Date.now() : Number(start) * 1000) + ahead * 1000 };
const print = (answer) => console.log(JSON.stringify(answer));

const { values, faults } = readSettings({ ...process.env, KKP_LISTEN_ADDR: '127.0.0.1:0' });
if (faults.length > 0) throw new Error(faults.join('\n'));
const backends = [memory({ name: 'aws', emulates: 'aws' })];
const app = await createServer(values, backends, createPino('fatal', process.stderr), { clock });
await app.listen(0, '127.0.0.1');
print({ address: await app.getUrl() });
for await (const line of createInterface({ input: process.stdin })) {
  ahead += Number(line);
  print({ now: Math.floor(clock.now() / 1000) });
}
await app.close();
