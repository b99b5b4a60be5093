import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressList, mayReach } from '../../../src/http/fetch/public-address.ts';

const none = addressList([]);

describe('an address that a stranger names', () => {
  for (const address of ['93.184.216.34', '1.1.1.1', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::1'])
    test(`${address} is of the internet`, () => assert.equal(mayReach(address, none), true));

  const special = [
    ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1'],
    ...['172.31.255.255', '192.0.0.1', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1', '198.51.100.1'],
    ...['203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::1', '100::1'],
    ...['2001::1', '2001:10::1', '2001:db8::1', '2002:7f00:1::', '3fff::1', '5f00::1', 'fc00::1', 'fd12::1', 'fe80::1'],
    ...['fe80::1%eth0', 'fec0::1', 'ff02::1', 'localhost', '', '1.2.3', '0x7f.1'],
  ];
  for (const address of special) test(`${address} is not`, () => assert.equal(mayReach(address, none), false));

  test('may be allowed by whoever runs the bridge', () => {
    const allowed = addressList(['10.1.2.0/24', '127.0.0.1', 'fd00::/8']);
    const addresses = ['10.1.2.3', '10.1.3.3', '127.0.0.1', '127.0.0.2', 'fd12::1', 'fe80::1'];
    assert.deepEqual(
      addresses.map((address) => mayReach(address, allowed)),
      [true, false, true, false, true, false],
    );
  });
});
