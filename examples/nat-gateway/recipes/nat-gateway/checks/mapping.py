#!/usr/bin/env python3
# A mapping outlives the gateway: "mapping.py make" has the inside host send a datagram out, before
# the power cut; "mapping.py use" sends the answer after it. Only what the gateway has kept can bring
# it to the inside host. Speaks TAP.
import ctypes
import os
import socket
import sys

CLONE_NEWNET = 0x40000000
INSIDE_PORT, OUTSIDE_PORT = 7777, 8888
NOTE = os.path.join(os.environ["RESPIN_RUN"], "mapping.txt")


def udp(side, port):
    """A socket of the host on that side."""
    with open(os.environ["RESPIN_SPACE%d" % side]) as space:
        if ctypes.CDLL(None, use_errno=True).setns(space.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.bind((os.environ["RESPIN_HOST%d" % side], port))
    return s


def make(inside, outside):
    inside.sendto(b"question", outside.getsockname())
    data, mapped = outside.recvfrom(100)
    with open(NOTE, "w") as note:
        note.write("%s %d\n" % mapped)
    return data == b"question"


def use(inside, outside):
    with open(NOTE) as note:
        address, port = note.read().split()
    outside.sendto(b"answer", (address, int(port)))
    return inside.recvfrom(100) == (b"answer", outside.getsockname())


outside, inside = udp(0, OUTSIDE_PORT), udp(1, INSIDE_PORT)
work = {"make": make, "use": use}[sys.argv[1]]
try:
    ok, why = work(inside, outside), ""
except OSError as error:
    ok, why = False, " # %s" % error
print("1..1\n%s 1 - the mapping is there%s" % ("ok" if ok else "not ok", why))
