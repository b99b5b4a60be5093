import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageDocument, mutationDocument, venueOf } from '../../../src/core/freeq/documents.ts';

const base = { from: 'did:key:z6Mk', target: '#c', msgid: '01ARZ3NDEKTSV4RRFFQ69G5FAV' };

test('a message is signed as sorted JSON without what it has not', () =>
  assert.equal(
    messageDocument({ ...base, bodySha256: 'ab' }),
    '{"body":"sha256:ab","from":"did:key:z6Mk","msgid":"01ARZ3NDEKTSV4RRFFQ69G5FAV","target":"#c"}',
  ));

test('an edit that answers, with media, names all of it; other tags are not covered', () =>
  assert.equal(
    messageDocument({
      ...base,
      bodySha256: 'ab',
      edit: 'ROOT',
      reply: 'OTHER',
      tags: new Map([
        ['+freeq.at/media-url', 'https://x/"y"'],
        ['+freeq.at/media-mime', 'image/png'],
        ['+typing', 'active'],
      ]),
    }),
    '{"body":"sha256:ab","coord":{"media-mime":"image/png","media-url":"https://x/\\"y\\""},"edit":"ROOT","from":"did:key:z6Mk","msgid":"01ARZ3NDEKTSV4RRFFQ69G5FAV","reply":"OTHER","target":"#c"}',
  ));

test('a reaction and a deletion say what they are about', () =>
  assert.deepEqual(
    [
      mutationDocument({ ...base, kind: 'react', subject: 'ROOT', emoji: '👍' }),
      mutationDocument({ ...base, kind: 'delete', subject: 'ROOT' }),
    ],
    [
      '{"emoji":"👍","from":"did:key:z6Mk","kind":"react","msgid":"01ARZ3NDEKTSV4RRFFQ69G5FAV","subject":"ROOT","target":"#c"}',
      '{"from":"did:key:z6Mk","kind":"delete","msgid":"01ARZ3NDEKTSV4RRFFQ69G5FAV","subject":"ROOT","target":"#c"}',
    ],
  ));

test('a channel is signed in small letters', () => assert.equal(venueOf('#Commons'), '#commons'));
