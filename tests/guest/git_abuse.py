#!/usr/bin/env python3
"""git_abuse.py PORT STORE - what a bad client may do to the git server at 127.0.0.1:PORT: nonsense,
half requests, slow ones, floods. All the while, and after it, a plain request must be answered.
SPDX-License-Identifier: ISC"""
import random
import socket
import sys
import time

PORT = int(sys.argv[1])
STORE = sys.argv[2].encode()
ASK = (b"GET /" + STORE + b".git/info/refs?service=git-upload-pack HTTP/1.1\r\n"
       b"Host: 127.0.0.1\r\nConnection: close\r\n\r\n")
POST = (b"POST /" + STORE + b".git/git-upload-pack HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/x-git-upload-pack-request\r\n")


def connect(source="127.0.0.1"):
    s = socket.socket()
    s.settimeout(5)
    s.bind((source, 0))
    s.connect(("127.0.0.1", PORT))
    return s


def read_all(s):
    data = b""
    try:
        while True:
            part = s.recv(65536)
            if not part:
                return data
            data += part
    except OSError:
        return data


def send(s, data):
    try:
        s.sendall(data)
        return True
    except OSError:
        return False


def is_served():
    for _ in range(20):
        try:
            with connect("127.0.0.2") as s:
                send(s, ASK)
                if b"refs/heads/primary" in read_all(s):
                    return True
        except OSError:
            pass
        time.sleep(0.2)
    return False


def nonsense(rng):
    """Bytes of no meaning, and good requests with some bytes wrong."""
    good = [ASK, POST + b"Content-Length: 57\r\n\r\n0032want " + b"1" * 40 + b"\n00000009done\n",
            POST + b"Transfer-Encoding: chunked\r\n\r\n4\r\n0000\r\n0\r\n\r\n"]
    for i in range(400):
        data = bytearray(rng.choice(good))
        if i % 4 == 0:
            data = bytearray(rng.randbytes(rng.randrange(1, 3000)))
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        with connect() as s:
            send(s, bytes(data))
            s.shutdown(socket.SHUT_WR)
            if i % 3 == 0:
                read_all(s)
    return 400


def slow_ones():
    """Half requests that are held open, a byte now and then; and answers that nobody reads."""
    held = []
    for i in range(60):
        try:
            s = connect()
        except OSError:
            continue
        send(s, [b"GET / HT", POST + b"Content-Length: 500\r\n\r\n00", ASK[:-2]][i % 3])
        held.append(s)
    served = 0
    for _ in range(3):
        for s in held:
            send(s, b"x")
        served += is_served()
    for s in held:
        s.close()
    return served


def flood():
    """As many connections as there is time for, ten seconds long."""
    count = 0
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            with connect() as s:
                send(s, b"G")
                count += 1
        except OSError:
            pass
    return count


def main():
    rng = random.Random(7)
    print(nonsense(rng), "requests of nonsense")
    if not is_served():
        sys.exit("not served after nonsense")
    served = slow_ones()
    print(served, "of 3 served beside 60 slow clients")
    if served < 3:
        sys.exit("not served beside slow clients")
    print(flood(), "connections")
    if not is_served():
        sys.exit("not served after a flood")


main()
