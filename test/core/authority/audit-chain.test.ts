import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { chainTools } from '../../../src/audit/chain-tools.ts';
import {
  CHAIN_START,
  type ChainEnd,
  type ChainVerdict,
  canonicalJson,
  checkEnd,
  checkLine,
  checkpointText,
  type Fields,
  type Head,
  headText,
  NO_RECORD,
  type RecordKind,
  sealRecord,
} from '../../../src/core/authority/audit-chain.ts';

const TS = '2026-01-02T03:04:05.000Z';

const keyPair = () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    sign: (text: string) => sign(null, Buffer.from(text), privateKey).toString('base64'),
  };
};
type Key = ReturnType<typeof keyPair>;
const ours = keyPair();

type Draft = readonly [RecordKind, Fields | ((before: ChainEnd) => Fields)];

/** A log as the bridge writes it: key, entries, a checkpoint after every fourth. */
function written(entries: number, key: Key = ours): { readonly lines: readonly string[]; readonly head: Head } {
  const drafts: Draft[] = [['key', { publicKey: key.publicKey }]];
  for (let n = 1; n <= entries; n++) {
    drafts.push(['entry', { subject: `i member${n}`, action: 'kick', why: 'suspended', revision: n }]);
    if (n % 4 === 0) drafts.push(['checkpoint', (before) => ({ signature: key.sign(checkpointText(before)) })]);
  }
  return sealed(drafts, key);
}

function sealed(drafts: readonly Draft[], key: Key): { readonly lines: readonly string[]; readonly head: Head } {
  let end = NO_RECORD;
  const lines = drafts.map(([kind, fields]) => {
    const record = sealRecord(kind, typeof fields === 'function' ? fields(end) : fields, {
      before: end,
      ts: TS,
      digest: chainTools.digest,
    });
    end = record.end;
    return record.line;
  });
  return { lines, head: { ...end, publicKey: key.publicKey, signature: key.sign(headText(end)) } };
}

const whole = written(20);

/** A whole log, line by line. */
function verifyChain(lines: Iterable<string>, tools: typeof chainTools, head?: Head): ChainVerdict {
  let state = CHAIN_START;
  for (const line of lines) {
    const step = checkLine(state, line, tools, head);
    if (!step.ok) return step;
    state = step.state;
  }
  return checkEnd(state, head);
}

describe('The chain of the audit log', () => {
  test('verifies as it was written', () => {
    const verdict = verifyChain(whole.lines, chainTools, whole.head);
    assert.ok(verdict.ok);
    const { end: _, publicKey, ...counts } = verdict.state;
    assert.equal(publicKey, ours.publicKey);
    assert.deepEqual(
      [verdict.count, counts],
      [26, { line: 26, entries: 20, checkpoints: 5, signedSeq: 25, firstTs: TS, lastTs: TS }],
    );
  });

  test('invariant 40: shows any byte that was changed, in its line', () => {
    const text = `${whole.lines.join('\n')}\n`;
    fc.assert(
      fc.property(fc.nat(text.length - 2), fc.integer({ min: 1, max: 127 }), (at, by) => {
        const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ by) + text.slice(at + 1);
        const verdict = verifyChain(changed.slice(0, -1).split('\n'), chainTools, whole.head);
        const line = text.slice(0, at).split('\n').length;
        assert.ok(!verdict.ok && Math.abs(verdict.line - line) <= 1, JSON.stringify(verdict));
      }),
      { numRuns: 400 },
    );
  });

  test('invariant 40: shows lines that were deleted, inserted, repeated or moved, wherever', () => {
    const place = fc.nat(whole.lines.length - 1);
    fc.assert(
      fc.property(place, place, fc.constantFrom('delete', 'repeat', 'swap', 'replace'), (a, b, how) => {
        const lines = [...whole.lines];
        const [first = '', second = ''] = [lines[a], lines[b]];
        if (how === 'delete') lines.splice(a, 1);
        else if (how === 'repeat') lines.splice(b, 0, first);
        else if (how === 'swap') [lines[a], lines[b]] = [second, first];
        else lines[a] = second;
        fc.pre(lines.join() !== whole.lines.join());
        assert.equal(verifyChain(lines, chainTools, whole.head).ok, false);
      }),
    );
  });

  test('invariant 40: shows that the end was cut off, at every length', () => {
    for (let length = 0; length < whole.lines.length; length++) {
      const verdict = verifyChain(whole.lines.slice(0, length), chainTools, whole.head);
      assert.deepEqual(verdict, {
        ok: false,
        line: length + 1,
        why: 'is missing: the log goes to record 26, and its end was cut off.',
      });
    }
    assert.equal(verifyChain(whole.lines, chainTools, undefined).ok, false);
  });

  test('shows a log that was computed anew by somebody without the key', () => {
    const theirs = keyPair();
    const forged = sealed(
      [
        ['key', { publicKey: ours.publicKey }],
        ['entry', { subject: 'i mallory', action: 'invite', why: 'nobody', revision: null }],
        ['checkpoint', (before) => ({ signature: theirs.sign(checkpointText(before)) })],
      ],
      theirs,
    );
    assert.deepEqual(verifyChain(forged.lines, chainTools, { ...forged.head, publicKey: ours.publicKey }), {
      ok: false,
      line: 3,
      why: 'is a checkpoint with a wrong signature: it or something before it was made by somebody else.',
    });
    const another = written(20, theirs);
    assert.equal(verifyChain(another.lines, chainTools, whole.head).ok, false);
    const changed = sealed(
      [
        ['key', { publicKey: ours.publicKey }],
        ['entry', { subject: 'i x', revision: 1 }],
      ],
      theirs,
    );
    assert.deepEqual(verifyChain([...changed.lines, ...whole.lines.slice(2)], chainTools, whole.head), {
      ok: false,
      line: 3,
      why: 'does not follow from the line before it: one of the two was replaced.',
    });
  });

  test('says in words what is wrong', () => {
    const { lines, head } = whole;
    const [first = '', second = ''] = lines;
    const said = (changed: readonly string[]): unknown => {
      const verdict = verifyChain(changed, chainTools, head);
      return verdict.ok ? undefined : [verdict.line, verdict.why];
    };
    assert.deepEqual(
      [
        said([first, 'nonsense']),
        said([first, second.replace('suspended', 'departed!')]),
        said([first, ...lines.slice(3)]),
        said([first, second, second]),
        said(lines.slice(1)),
        said([first, second.replace('{', '{ ')]),
      ],
      [
        [2, 'is no record of an audit log: it was changed or is damaged.'],
        [2, 'was changed after it had been written: it does not fit its own hash.'],
        [2, 'is record 4: 2 before it are missing.'],
        [3, 'is record 2, which has its place before: it was inserted, repeated or moved.'],
        [1, 'is record 2: one before it is missing.'],
        [2, 'was changed after it had been written: it does not fit its own hash.'],
      ],
    );
  });

  test('a record that the bridge wrote about a change ends the proof there', () => {
    const broken = sealed(
      [
        ['key', { publicKey: ours.publicKey }],
        ['break', { why: 'its end was cut off.', publicKey: ours.publicKey }],
        ['entry', { subject: 'i ann', action: 'kick', why: 'suspended', revision: 1 }],
      ],
      ours,
    );
    assert.deepEqual(verifyChain(broken.lines, chainTools, broken.head), {
      ok: false,
      line: 2,
      why: 'was written by the bridge when it found the log changed: its end was cut off.',
    });
  });
});

describe('A line of the audit log', () => {
  test('is one line of visible signs whatever people write, and is read back as it was', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ maxLength: 5 }),
          fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.constant(null)),
          { maxKeys: 4 },
        ),
        (fields) => {
          const line = canonicalJson(fields);
          assert.doesNotMatch(line, /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
          assert.deepEqual(JSON.parse(line), Object.fromEntries(Object.entries(fields)));
        },
      ),
      { numRuns: 40 },
    );
    assert.equal(canonicalJson({ b: 'x\u202e\u009b\n', a: null, c: undefined }), '{"a":null,"b":"x\\u202e\\u009b\\n"}');
  });
});
