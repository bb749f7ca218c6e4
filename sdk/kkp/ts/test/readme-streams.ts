import { KkpApiError, KkpClient, decryptBytes, decryptStream, encryptBytes, encryptStream } from 'kkp-sdk';

const kkp = new KkpClient({ baseUrl: 'http://localhost:8080' });
const key = { backend: 'aws', key_id: 'alias/orders' };
const dataKey = await kkp.createDataKey(key);
const note = await encryptBytes(dataKey, 'card 4242');
const source = new Blob(['order 1, order 2']).stream();
const sealed = source.pipeThrough(encryptStream(dataKey, { associatedData: 'orders 2026' }));
dataKey.plaintext.fill(0);

const { token } = await kkp.issueToken({ subject: 'orders', audience: 'billing', ...key });
const open = kkp.dataKeyOpener({ token });
const orders = sealed.pipeThrough(decryptStream(open, { associatedData: 'orders 2026' }));
// Throws when the stream was changed or cut: nothing of it is used before all of it was verified.
const text = await new Response(orders).text();
console.log(text, new TextDecoder().decode(await decryptBytes(open, note)));

for (const item of await kkp.rewrapBatch([{ envelope: dataKey.envelope, token }])) {
  console.log(item instanceof KkpApiError ? item.code : 'moved');
}
