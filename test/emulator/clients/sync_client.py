"""A client for the live API as Python programs of its time were written, with the standard library alone; runs on Python 2.7 and 3.

usage: sync_client.py URL
Signs in, then goes through what such programs do. Ends with 0 when everything was as they expect it.
"""
# -*- coding: utf-8 -*-
import hashlib
import json
import sys

try:
    from http.client import HTTPConnection
    from urllib.parse import parse_qsl, quote, urlencode, urlsplit
except ImportError:
    from httplib import HTTPConnection
    from urllib import quote, urlencode
    from urlparse import parse_qsl, urlsplit

HOST = urlsplit(sys.argv[1]).netloc
CLIENT = '00000000620A3E4A'
SCOPES = ['wl.skydrive', 'wl.skydrive_update', 'wl.offline_access']
DESKTOP = 'https://login.live.com/oauth20_desktop.srf'
PROTOCOL = '{7df0354d-249b-430f-820d-3d2a9bef4931}'


class Failed(Exception):
    pass


def expect(what, got, wanted):
    if got != wanted:
        raise Failed('%s: got %r, wanted %r' % (what, got, wanted))


class Answer(object):
    def __init__(self, response):
        self.status = response.status
        self.headers = dict((name.lower(), value) for name, value in response.getheaders())
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body.decode('utf-8'))


class Client(object):
    def __init__(self):
        self.connection = HTTPConnection(HOST)
        self.token = self.refresh_token = None

    def ask(self, method, path, body=None, headers=None, chunks=None):
        self.connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            self.connection.putheader(name, value)
        if chunks is None:
            self.connection.putheader('Content-Length', str(len(body or b'')))
            self.connection.endheaders()
            if body:
                self.connection.send(body)
        else:
            self.connection.putheader('Transfer-Encoding', 'chunked')
            self.connection.endheaders()
            for chunk in chunks:
                self.connection.send(('%x\r\n' % len(chunk)).encode('ascii') + chunk + b'\r\n')
            self.connection.send(b'0\r\n\r\n')
        return Answer(self.connection.getresponse())

    def sign_in(self):
        query = urlencode({'client_id': CLIENT, 'scope': ' '.join(SCOPES), 'response_type': 'code', 'redirect_uri': DESKTOP})
        answer = self.ask('GET', '/oauth20_authorize.srf?%s&auto_approve=true' % query)
        expect('authorize', answer.status, 302)
        target = urlsplit(answer.headers['location'])
        fields = dict(parse_qsl(target.query) + parse_qsl(target.fragment))
        self.grant({'code': fields['code'], 'client_secret': 'secret', 'redirect_uri': DESKTOP, 'grant_type': 'authorization_code'})

    def grant(self, fields):
        body = urlencode(dict(fields, client_id=CLIENT)).encode('ascii')
        answer = self.ask('POST', '/oauth20_token.srf', body, {'Content-Type': 'application/x-www-form-urlencoded'})
        expect('token', answer.status, 200)
        expect('token_type', answer.json['token_type'], 'bearer')
        expect('scopes', set(answer.json['scope'].split()), set(SCOPES))
        self.token, self.refresh_token = answer.json['access_token'], answer.json['refresh_token']

    def call(self, method, path, in_header=False, retry=True, **rest):
        headers = dict(rest.pop('headers', {}))
        target = '/v5.0/' + path
        if in_header:
            headers['Authorization'] = 'Bearer ' + self.token
        else:
            target += ('&' if '?' in path else '?') + urlencode({'access_token': self.token})
        answer = self.ask(method, target, headers=headers, **rest)
        if answer.status == 401 and retry:
            self.grant({'refresh_token': self.refresh_token, 'grant_type': 'refresh_token'})
            return self.call(method, path, in_header, False, headers=headers, **rest)
        return answer

    def form(self, method, path, fields):
        body = urlencode(dict((key, value.encode('utf-8')) for key, value in fields.items())).encode('ascii')
        return self.call(method, path, True, body=body, headers={'Content-Type': 'application/x-www-form-urlencoded'})

    def json(self, method, path, fields):
        headers = {'Content-Type': 'application/json; charset=UTF-8'}
        return self.call(method, path, True, body=json.dumps(fields).encode('utf-8'), headers=headers)

    def download(self, item, byte_range=None):
        headers = {'Range': 'bytes=' + byte_range} if byte_range else {}
        answer = self.call('GET', item + '/content?download=true', headers=headers)
        expect('content', answer.status, 302)
        return self.ask('GET', answer.headers['location'].split(HOST, 1)[1], headers=headers)

    def bits(self, path, content, fragment):
        def packet(kind, body=b'', **headers):
            every = {'X-Http-Method-Override': 'BITS_POST', 'BITS-Packet-Type': kind}
            every.update((name.replace('_', '-'), value) for name, value in headers.items())
            return self.ask('POST', path, body, every)

        authority = {'Authorization': 'Bearer ' + self.token}
        created = packet('Create-Session', BITS_Supported_Protocols=PROTOCOL, **authority)
        expect('create', (created.status, created.headers['bits-packet-type'].lower()), (201, 'ack'))
        expect('protocol', created.headers['bits-protocol'].lower(), PROTOCOL)
        session = created.headers['bits-session-id']
        for start in range(0, len(content), fragment):
            part = content[start:start + fragment]
            content_range = 'bytes %d-%d/%d' % (start, start + len(part) - 1, len(content))
            expect('fragment', packet('Fragment', part, BITS_Session_Id=session, Content_Range=content_range).status, 200)
        closed = packet('Close-Session', BITS_Session_Id=session, **authority)
        expect('close', closed.status in (200, 201), True)
        return closed.headers['x-resource-id']


def main():
    client = Client()
    client.sign_in()
    user = client.call('GET', 'me').json['id']
    quota = client.call('GET', 'me/skydrive/quota').json
    expect('quota', quota['available'] <= quota['quota'], True)

    folder = client.form('POST', 'me/skydrive', {'name': u'f\u00f6lder'})
    expect('mkdir', (folder.status, folder.json['name']), (201, u'f\u00f6lder'))
    folder = folder.json['id']
    name = quote(u'\u4f60\u597d a.txt'.encode('utf-8'))
    put = client.call('PUT', '%s/files/%s?overwrite=True&downsize_photo_uploads=False' % (folder, name), True, chunks=[b'hel', b'lo'])
    expect('put', (put.status, put.json['name']), (201, u'\u4f60\u597d a.txt'))
    item = put.json['id']
    expect('get', client.download(item).body, b'hello')
    part = client.download(item, '1-3')
    expect('range', (part.status, part.body, part.headers['content-range']), (206, b'ell', 'bytes 1-3/5'))

    client.ask('POST', '/admin/expire-tokens')
    seen, offset = [], 0
    while True:
        page = client.call('GET', '%s/files?limit=500&offset=%d' % (folder, offset)).json['data']
        seen += [entry['name'] for entry in page]
        offset += 500
        if len(page) < 500:
            break
    expect('listing', seen, [u'\u4f60\u597d a.txt'])

    expect('rename', client.form('PUT', item, {'name': u'b.txt'}).json['name'], 'b.txt')
    comment = client.form('POST', item + '/comments', {'message': u'x \u4f60'}).json
    expect('comments', [entry['message'] for entry in client.call('GET', item + '/comments').json['data']], [u'x \u4f60'])
    expect('comment gone', client.call('DELETE', comment['id']).status, 204)

    root = client.call('GET', 'me/skydrive').json['id']
    copy = client.json('COPY', item, {'destination': root})
    expect('copy', (copy.status, copy.json['parent_id']), (201, root))
    moved = client.json('POST', item + '?method=MOVE&overwrite=true', {'destination': root})
    expect('move', (moved.status, moved.json['id']), (201, item))

    content = bytes(bytearray(range(256))) * 1000
    resid = client.bits('/items/%s/%s' % (folder.split('.')[2], name), content, 100000)
    expect('bits', client.download('file.%s.%s' % (user, resid)).body, content)
    resid = client.bits('/users/0x%s/LiveFolders/root.bin' % user.upper(), content, 70000)
    got = client.download('file.%s.%s' % (user.upper(), resid)).body
    expect('bits at the root', hashlib.sha1(got).hexdigest(), hashlib.sha1(content).hexdigest())

    for entry in (item, folder, folder):
        answer = client.call('DELETE', entry.replace('!', '%21'))
        expect('delete', (answer.status, answer.body), (204, b''))
    expect('gone', client.call('GET', folder).json['error']['code'], 'resource_not_found')
    print('done')


main()
