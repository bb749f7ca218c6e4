import { KkpClient, generateDpopKey } from 'kkp-sdk';

const kkp = new KkpClient({ baseUrl: 'http://localhost:8080', dpop: { key: await generateDpopKey() } });
const key = { backend: 'aws', key_id: 'alias/orders' };
const { token } = await kkp.issueToken({
  subject: 'orders',
  audience: 'billing',
  ...key,
  ops: ['encrypt', 'decrypt'],
});
const { envelope } = await kkp.encrypt({ ...key, token, plaintext: 'card 4242' });
const { plaintext } = await kkp.decrypt({ token, envelope });
console.log(plaintext);
