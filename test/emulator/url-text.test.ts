import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseForm, parseTarget, percentDecode } from '../../src/emulator/url-text.ts';

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

test('percent escapes are bytes; raw UTF-8, Latin-1 and broken escapes pass', () => {
  assert.equal(percentDecode('a%20b%C3%A9'), 'a bé');
  assert.equal(percentDecode(latin1('é你')), 'é你');
  assert.equal(percentDecode('caf%E9'), 'café');
  assert.equal(percentDecode('100%'), '100%');
  assert.equal(percentDecode('%zz%4'), '%zz%4');
});

test('forms: plus is a blank, the first value counts, anything goes', () => {
  const form = parseForm('a=1+2&b=%2B&a=3&c&=&d=x=y&&e=%');
  assert.deepEqual(Object.fromEntries(form), { a: '1 2', b: '+', c: '', '': '', d: 'x=y', e: '%' });
});

test('targets: slashes don’t matter, escaped ones are part of a name', () => {
  const target = parseTarget('//v5.0//me/skydrive/files/a%2Fb+c?x=1&y=%26#frag');
  assert.deepEqual(target.segments, ['v5.0', 'me', 'skydrive', 'files', 'a/b+c']);
  assert.deepEqual(
    [...target.query],
    [
      ['x', '1'],
      ['y', '&'],
    ],
  );
  const absolute = parseTarget('http://apis.live.net:80/v5.0/me?q');
  assert.deepEqual([absolute.origin, absolute.segments], ['http://apis.live.net:80', ['v5.0', 'me']]);
  assert.deepEqual(parseTarget('*').segments, ['*']);
});
