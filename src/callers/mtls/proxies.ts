import { BlockList, isIP } from 'node:net';

const CIDR = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/;

/** The addresses of proxies that are believed. */
export interface Proxies {
  includes(address: string): boolean;
}

/** Addresses and networks like `10.0.0.0/8`; undefined when one is none of these, or is everybody. */
export function readProxies(networks: readonly string[]): Proxies | undefined {
  const list = new BlockList();
  for (const network of networks) {
    const [, address = '', prefix] = CIDR.exec(network) ?? [];
    const family = isIP(address);
    const longest = family === 4 ? 32 : 128;
    const length = prefix === undefined ? longest : Number(prefix);
    if (family === 0 || length === 0 || length > longest) return undefined;
    list.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
  }
  return {
    includes: (address) => {
      const family = isIP(address);
      return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
    },
  };
}
