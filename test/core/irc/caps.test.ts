import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { applyCap, type CapState, NO_CAPS, parseCap } from '../../../src/core/irc/caps.ts';
import { parseLine } from '../../../src/core/irc/line.ts';

const after = (...lines: string[]): CapState =>
  lines.reduce((state, text) => {
    const message = parseCap(parseLine(`:irc.example CAP ${text}`)?.params ?? []);
    return message === undefined ? state : applyCap(state, message);
  }, NO_CAPS);
const caps = ({ available, enabled, listed }: CapState) => ({
  available: Object.fromEntries(available),
  enabled: [...enabled],
  listed,
});

describe('capabilities', () => {
  test('a list over several lines counts when it is complete', () => {
    const half = after('* LS * :sasl=PLAIN,EXTERNAL batch');
    assert.deepEqual(caps(half), { available: {}, enabled: [], listed: false });
    assert.deepEqual(caps(after('* LS * :sasl=PLAIN,EXTERNAL batch', '* LS :draft/x=a=b')), {
      available: { sasl: 'PLAIN,EXTERNAL', batch: '', 'draft/x': 'a=b' },
      enabled: [],
      listed: true,
    });
  });

  test('an empty list is a list', () => {
    assert.deepEqual(caps(after('* LS :')), { available: {}, enabled: [], listed: true });
    assert.deepEqual(caps(after('* LS')), { available: {}, enabled: [], listed: true });
  });

  test('ACK switches on and off, NAK does nothing', () => {
    assert.deepEqual(caps(after('me ACK :batch ~message-tags =x', 'me NAK :sasl', 'me ACK -batch')).enabled, [
      'message-tags',
      'x',
    ]);
  });

  test('NEW adds, DEL takes away what is on as well', () => {
    assert.deepEqual(
      caps(after('* LS :batch setname', 'me ACK :batch setname', 'me NEW :sasl=PLAIN', 'me DEL :batch')),
      {
        available: { setname: '', sasl: 'PLAIN' },
        enabled: ['setname'],
        listed: true,
      },
    );
  });

  test('LIST says what is on, over several lines too', () => {
    assert.deepEqual(caps(after('me ACK :old', 'me LIST * :batch', 'me LIST :setname')).enabled, ['batch', 'setname']);
  });

  test('survive nonsense', () => {
    assert.deepEqual(caps(after('', '*', '* LS *', '* WHAT :x', '* ACK', '* DEL :  ', '* NEW :__proto__=1')), {
      available: JSON.parse('{"*":"","__proto__":"1"}'),
      enabled: [],
      listed: true,
    });
    const many = Array.from({ length: 5000 }, (_, i) => `c${i}`).join(' ');
    assert.equal(
      after(`* LS * :${many.slice(0, 9000)}`, `* LS :${many.slice(0, 9000)}`, `* NEW :${many.slice(-9000)}`).available
        .size,
      256,
    );
  });
});
