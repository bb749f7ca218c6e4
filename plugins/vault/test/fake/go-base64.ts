/**
 * base64.StdEncoding.DecodeString of Go: skips \r and \n, wants the padding, and takes any bits in the last digit that
 * stand for nothing (encoding/base64: "not strict"). Undefined where Go has an error.
 */
export function goDecode(text: string): Buffer | undefined {
  const bare = text.replace(/[\r\n]/g, '');
  if (bare.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(bare)) return undefined;
  return Buffer.from(bare, 'base64');
}
