import { BlockList, isIP } from 'node:net';

/**
 * Addresses that are not of the public internet (IANA special-purpose registries): this machine, its network, and what passes for
 * another address. Of IPv6 only 2000::/3 is given out at all.
 */
const SPECIAL: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const special = new BlockList();
for (const [net, prefix] of SPECIAL) special.addSubnet(net, prefix, family(net));
const givenOut = new BlockList();
givenOut.addSubnet('2000::', 3, 'ipv6');

/** Networks as `10.1.0.0/16` or single addresses. */
export function addressList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [net = '', prefix] = network.split('/');
    list.addSubnet(net, Number(prefix ?? (family(net) === 'ipv4' ? 32 : 128)), family(net));
  }
  return list;
}

/** Whether something may be fetched from there. @param allowed beside the public internet */
export function mayReach(address: string, allowed: BlockList): boolean {
  if (isIP(address) === 0) return false;
  if (allowed.check(address, family(address))) return true;
  return family(address) === 'ipv4'
    ? !special.check(address, 'ipv4')
    : givenOut.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
