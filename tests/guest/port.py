#!/usr/bin/python3 -B
"""The other ends of two wires of the image port.c: prints what it sees there.

  port.py OWN IMAGE OWN IMAGE     sockets: of the wire of en0, then of en1
"""

import select
import socket
import struct
import sys
import time

PATIENCE = 10
QUIET = 0.3
BROADCAST = b"\xff" * 6


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack(">H", ~total & 0xFFFF)


def ip(text):
    return socket.inet_aton(text)


class Wire:
    def __init__(self, own, image, here, there):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(own)
        self.image, self.here, self.there = image, ip(here), ip(there)
        self.mac = b"\x02\0\0\0\0" + self.here[1:2]
        self.image_mac = None

    def put(self, frame):
        try:
            self.socket.sendto(frame, self.image)
            return True
        except OSError:  # the image is not up yet
            return False

    def arp(self, opcode, mac, address):
        frame = mac + self.mac + struct.pack(">HHHBBH", 0x806, 1, 0x800, 6, 4, opcode)
        return self.put(frame + self.mac + self.here + bytes(6) + address)

    def ping(self, to, size=24):
        echo = b"\x08\0\0\0\0\1\0\1" + bytes(size)
        echo = echo[:2] + checksum(echo) + echo[4:]
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(echo), 1, 0, 64, 1, 0)
        head = head + self.here + to
        head = head[:10] + checksum(head) + head[12:]
        return self.put(self.image_mac + self.mac + b"\x08\0" + head + echo)

    def get(self, seconds, wanted):
        """The first frame that is WANTED; answers those who ask for our address. Or None."""
        until = time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                return None
            frame = self.socket.recv(2048)
            if frame[12:14] == b"\x08\x06" and frame[21] == 1 and frame[38:42] == self.here:
                self.arp(2, frame[22:28], frame[28:32])
            if wanted(frame):
                return frame

    def find_image(self):
        for _ in range(PATIENCE * 10):
            if self.arp(1, BROADCAST, self.there):
                frame = self.get(0.1, lambda f: f[12:14] == b"\x08\x06" and f[21] == 2)
                if frame:
                    self.image_mac = frame[6:12]
                    return frame[6:12].hex(":")
            time.sleep(0.1)
        return "nobody"


def is_echo(frame):
    return frame[12:14] == b"\x08\0" and frame[23] == 1 and frame[34] == 0


def main():
    outside = Wire(sys.argv[1], sys.argv[2], "10.77.0.1", "10.77.0.2")
    inside = Wire(sys.argv[3], sys.argv[4], "10.78.0.2", "10.78.0.1")
    print("en0 is", outside.find_image())
    print("en1 is", inside.find_image())
    for wire, name in (outside, "en0"), (inside, "en1"):
        asked = time.monotonic()
        wire.ping(wire.there)
        answer = wire.get(PATIENCE, is_echo)
        late = time.monotonic() - asked >= 0.1
        print(f"{name} answers" if answer else f"{name} is deaf", "late" if late else "early")
    inside.ping(ip("10.77.0.1"))
    passed = outside.get(QUIET, lambda f: f[12:14] == b"\x08\0")
    print("it forwards" if passed else "it forwards nothing")
    inside.ping(ip("10.78.0.9"))
    inside.ping(inside.there)
    for size, name in (1472, "largest"), (1474, "larger"):
        outside.ping(outside.there, size)
        answer = outside.get(PATIENCE if size == 1472 else QUIET, is_echo)
        print(f"the {name} frame comes back" if answer else f"a {name} frame does not")
    print("en1 lives" if inside.get(PATIENCE, is_echo) else "en1 is dead")


main()
