#!/usr/bin/env python3
"""git_requests.py ADDRESS PORT - requests that two readers could understand in two ways, or that ask
for what is not there to be asked for, byte for byte as they come. Speaks TAP.
SPDX-License-Identifier: ISC"""
import socket
import sys
import time

ADDRESS, PORT = sys.argv[1], int(sys.argv[2])
REFS = b"/arp.git/info/refs?service=git-upload-pack"
HOST = b"Host: 127.0.0.1\r\n"
TYPE = b"Content-Type: application/x-git-upload-pack-request\r\n"
POST = b"POST /arp.git/git-upload-pack HTTP/1.1\r\n" + HOST + TYPE
COUNT = 0
FAILED = 0


def ok(what, passes, got=""):
    global COUNT, FAILED
    COUNT += 1
    FAILED += not passes
    print("ok" if passes else "not ok", COUNT, "-", what)
    if not passes:
        print("# got", repr(got)[:300])


def ask(data, wait=5, close=True):
    with socket.create_connection((ADDRESS, PORT), timeout=wait) as s:
        try:
            s.sendall(data)
            if close:
                s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        got = b""
        try:
            while part := s.recv(65536):
                got += part
        except OSError:
            pass
        return got


def get(target=REFS, headers=b"", method=b"GET", host=HOST):
    return method + b" " + target + b" HTTP/1.1\r\n" + host + headers + b"\r\n"


def status(got):
    return int(got[9:12]) if got.startswith(b"HTTP/1.1 ") else 0


def is_answered(what, data, expected):
    got = ask(data)
    ok(f"{what}: {expected}", status(got) == expected and got.count(b"HTTP/1.1 ") == 1, got)


REQUESTS = [
    ("a plain request", get(), 200),
    ("HEAD", get(method=b"HEAD"), 200),
    # Two lengths: requests hidden in each other's bodies.
    ("Transfer-Encoding and Content-Length", POST +
     b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n4\r\n0000\r\n0\r\n\r\n" + get(), 400),
    ("the other way round", POST +
     b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0000\r\n0\r\n\r\n" + get(), 400),
    ("two lengths", POST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n0000" + get(), 400),
    ("the same length twice", POST + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\n0000", 400),
    ("a list of lengths", POST + b"Content-Length: 4, 4\r\n\r\n0000", 400),
    ("a length with a sign", POST + b"Content-Length: +4\r\n\r\n0000", 400),
    ("a length that is negative", POST + b"Content-Length: -4\r\n\r\n0000", 400),
    ("a length of 2^64", POST + b"Content-Length: 18446744073709551620\r\n\r\n0000", 400),
    ("a coding that is not known", POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
    ("a coding with a control character", POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n", 400),
    ("a blank before the colon", POST + b"Content-Length : 4\r\n\r\n0000", 400),
    ("a body that GET does not have", get(headers=b"Content-Length: 5\r\n") + b"GET /", 400),
    ("a chunk's size with a sign", POST + b"Transfer-Encoding: chunked\r\n\r\n+4\r\n0000\r\n0\r\n\r\n", 400),
    ("a chunk's size in 0x", POST + b"Transfer-Encoding: chunked\r\n\r\n0x4\r\n0000\r\n0\r\n\r\n", 400),
    ("a chunk that ends without CR", POST + b"Transfer-Encoding: chunked\r\n\r\n4\n0000\n0\n\n", 400),
    ("no length", POST + b"\r\n", 411),
    # Lines.
    ("a continued line (obs-fold)", get(headers=b"X: a\r\n b\r\n"), 400),
    ("... with a tab", get(headers=b"X: a\r\n\tContent-Length: 5\r\n"), 400),
    ("a line without CR", get().replace(b"\r\n", b"\n"), 400),
    ("a CR within a line", get(headers=b"X: a\rY: b\r\n"), 400),
    ("a NUL in a field", get(headers=b"X: a\0b\r\n"), 400),
    ("a field without a name", get(headers=b": x\r\n"), 400),
    ("a request line of 9 KiB", get(b"/" + b"a" * 9000), 414),
    ("a field of 9 KiB", get(headers=b"X: " + b"a" * 9000 + b"\r\n"), 431),
    ("a head of 30 KiB", get(headers=b"X: " + b"a" * 990 + b"\r\n") .replace(
        b"X: ", b"".join(b"X%d: " % i + b"a" * 990 + b"\r\n" for i in range(30)) + b"X: "), 431),
    ("a version that is none", b"GET " + REFS + b" HTTP/2.0\r\n" + HOST + b"\r\n", 505),
    ("no version", b"GET /\r\n\r\n", 400),
    # Paths.
    ("dots", get(b"/../arp.git/info/refs?service=git-upload-pack"), 400),
    ("dots in the middle", get(b"/arp.git/../arp.git/info/refs?service=git-upload-pack"), 400),
    ("encoded dots", get(b"/%2e%2e/arp.git/HEAD"), 400),
    ("an encoded letter", get(b"/%61rp.git/info/refs?service=git-upload-pack"), 400),
    ("an encoded NUL", get(b"/arp.git%00/info/refs?service=git-upload-pack"), 400),
    ("a NUL", get(b"/arp.git\0/info/refs?service=git-upload-pack"), 400),
    ("a backslash", get(b"/arp.git\\info\\refs?service=git-upload-pack"), 400),
    ("two slashes", get(b"//arp.git/info/refs?service=git-upload-pack"), 400),
    ("an absolute address", get(b"http://127.0.0.1/arp.git/info/refs?service=git-upload-pack"), 400),
    ("an asterisk", get(b"*", method=b"OPTIONS"), 400),
    ("a folder", get(b"/arp.git/"), 404),
    ("a folder of objects", get(b"/arp.git/objects/"), 403),
    ("a store's configuration", get(b"/arp.git/config"), 404),
    ("the store by another case", get(b"/ARP.git/info/refs?service=git-upload-pack"), 404),
    # Methods.
    ("DELETE", get(method=b"DELETE"), 405),
    ("TRACE", get(method=b"TRACE"), 405),
    ("CONNECT", get(b"/", method=b"CONNECT"), 405),
    ("GET of what is asked with POST", get(b"/arp.git/git-upload-pack"), 405),
    ("POST of what is read with GET", get(method=b"POST", headers=b"Content-Length: 0\r\n"), 405),
    ("a form of a web page", POST.replace(TYPE, b"Content-Type: text/plain\r\n") +
     b"Content-Length: 4\r\n\r\n0000", 415),
    # Names.
    ("a name that somebody's name server has made up", get(host=b"Host: rebind.example\r\n"), 421),
    ("... that looks like an address", get(host=b"Host: 10.77.0.2.example\r\n"), 421),
    ("two names", get(headers=HOST), 400),
    ("no name", get(host=b""), 400),
    # Sizes.
    ("a body of more than 1 MiB", POST + b"Content-Length: 1048577\r\n\r\n", 413),
    ("a chunk of more than 1 MiB", POST + b"Transfer-Encoding: chunked\r\n\r\n100001\r\n", 413),
    ("a want that is nobody's", POST + b"Content-Length: 63\r\n\r\n0032want " + b"1" * 40 + b"\n00000009done\n", 200),
]


def headers():
    got = ask(get(headers=b"Origin: http://evil.example\r\nRange: bytes=0-3\r\n"))
    head = got.split(b"\r\n\r\n")[0]
    ok("no range of what changes", status(got) == 200 and b"Content-Range" not in head, head)
    ok("no other site's page may read", b"Access-Control" not in head, head)
    ok("types are what they say", b"X-Content-Type-Options: nosniff" in head, head)
    ok("and say what is git's", b"application/x-git-upload-pack-advertisement" in head, head)
    ok("nothing is kept", b"Cache-Control: no-store" in head, head)
    got = ask(get(b"/../x", headers=b"X: <script>\r\n"))
    ok("nor do errors", b"X-Content-Type-Options: nosniff" in got and b"text/plain" in got and
       b"<" not in got, got)


def wants():
    """Ids that no ref leads to."""
    for want in (b"1" * 40, b"4b825dc642cb6eb9a060e54bf8d69288fbee4904"):  # nobody's; the empty tree
        body = b"0032want " + want + b"\n00000009done\n"
        got = ask(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        ok("an object that no ref leads to is not given", b"not our ref" in got or b"ERR" in got, got)
        ok("... nor a pack", b"PACK" not in got, got)


def pieces():
    """A request that waits, whole but in two pieces, goes before one whose body is not whole."""
    def connect():
        s = socket.create_connection((ADDRESS, PORT), timeout=10)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s
    body = b"0032want " + b"1" * 40 + b"\n00000009done\n"
    holders = [connect(), connect()]  # an address has two jobs
    for s in holders:
        s.sendall(POST + b"Content-Length: 4000\r\n\r\n")
    time.sleep(0.2)
    with connect() as a, connect() as b:
        a.sendall(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body[:10])
        time.sleep(0.2)
        a.sendall(body[10:])
        b.sendall(POST + b"Content-Length: 4000\r\n\r\n" + b"0032want " + b"1" * 300)
        time.sleep(0.3)
        begin = time.monotonic()
        holders[0].close()
        got = a.recv(100)
        took = time.monotonic() - begin
    holders[1].close()
    ok("a request in pieces is worked on when it is there", status(got) == 200 and took < 0.8, (got, took))
    time.sleep(0.5)


def bounds():
    held = [socket.create_connection((ADDRESS, PORT), timeout=5) for _ in range(12)]
    time.sleep(0.5)
    closed = 0
    for s in held:
        s.setblocking(False)
        try:
            closed += s.recv(1) == b""
        except BlockingIOError:
            pass
        except OSError:
            closed += 1
        s.close()
    ok("an address has eight connections", closed == 4, closed)
    time.sleep(0.5)
    begin = time.monotonic()
    with socket.create_connection((ADDRESS, PORT), timeout=30) as s:
        s.sendall(b"GET / HTTP/1.1\r\nX: ")
        got = s.recv(100)
    took = time.monotonic() - begin
    ok("a head has ten seconds", status(got) == 408 and 8 < took < 15, (got, took))


for request in REQUESTS:
    is_answered(*request)
headers()
wants()
pieces()
bounds()
print(f"1..{COUNT}")
sys.exit(FAILED > 0)
