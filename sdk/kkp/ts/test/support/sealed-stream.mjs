// node sealed-stream.mjs BASE_URL TOKEN: decrypts the sealed stream on its standard input, and encrypts it anew, under a data key
// of its own and with associated data "from TypeScript", to its standard output. Ends with its largest memory, in KiB, on standard error.
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { KkpClient, decryptStream, encryptStream } from '../../dist/index.js';

const [baseUrl, token] = process.argv.slice(2);
const kkp = new KkpClient({ baseUrl });
const dataKey = await kkp.createDataKey({ backend: 'aws', key_id: 'alias/roundtrip' });
const decrypt = decryptStream(kkp.dataKeyOpener({ token }), { associatedData: 'from Python' });
const encrypt = encryptStream(dataKey, { associatedData: 'from TypeScript' });
await pipeline(process.stdin, Transform.fromWeb(decrypt), Transform.fromWeb(encrypt), process.stdout);
process.stderr.write(`${process.resourceUsage().maxRSS}\n`);
