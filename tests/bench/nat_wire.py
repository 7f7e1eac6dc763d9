"""From a frame's arrival at one card of a NAT gateway to its departure by the other, as its user sees
it: nat_wire.c between two sockets that stand for the wires.

Two machines run the same image, one with a plain table, one with a versioned one. A flow is a
question out, which makes a mapping, and the answer in, which looks it up. At a pace, the next one begins
so long after the last; flat out, when that is done, so that a frame which comes while history is made
has to wait for a slice of it: the processor is never idle. The machines take turns that are longer than
what collects in one before its history is made, so that each pays for its own."""

import contextlib
import os
import socket
import struct
import subprocess
import time

from harness import Figure, Wrong

OUTSIDE, INSIDE = 0, 1
MAC = [b"\x52\x54\x00\x12\x34\x56", b"\x52\x54\x00\x12\x34\x57"]
GATEWAY, SERVER = socket.inet_aton("203.0.113.2"), socket.inet_aton("198.51.100.7")
TURNS, TURN_SECONDS = 5, 4
PATIENCE = 30  # seconds
PACE = 500  # flows a second
KINDS = ["insertion", "look-up"]


def checksum(header):
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def frame(side, source, sport, destination, dport):
    """A UDP datagram of 8 bytes, without a checksum of its own."""
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 36, 1, 0, 64, 17, 0, source, destination)
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    udp = struct.pack("!HHHH8x", sport, dport, 16, 0)
    return MAC[side] + b"\x02\x00\x00\x00\x00\x01" + b"\x08\x00" + head + udp


class Gateway:
    def __init__(self, bench, image, memory_mb, table):
        self.console = bench.path(f"console-nat-{table}")
        self.next = 0
        argv = ["qemu-system-x86_64", "-M", "microvm,acpi=off", "-accel", "tcg", "-cpu", "max",
                "-m", str(memory_mb), "-nodefaults", "-no-user-config", "-display", "none",
                "-no-reboot", "-global", "virtio-mmio.force-legacy=false", "-kernel", image,
                "-append", f"wire={table}", "-serial", f"file:{self.console}"]
        with open(self.console, "wb"):
            pass  # there before QEMU writes to it
        self.wires = []
        for side in OUTSIDE, INSIDE:
            ours, theirs = (bench.path(f"{table}{side}{end}") for end in "ab")
            for path in ours, theirs:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
            wire = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            wire.bind(ours)
            wire.settimeout(PATIENCE)
            self.wires.append((wire, theirs))
            mac = MAC[side].hex(":")
            argv += ["-netdev", f"dgram,id=n{side},local.type=unix,local.path={theirs},"
                                f"remote.type=unix,remote.path={ours}",
                     "-device", f"virtio-net-device,netdev=n{side},mac={mac}"]
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)

    def end(self):
        self.process.kill()
        self.process.wait()

    def said(self):
        with open(self.console, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait(self):
        end = time.monotonic() + PATIENCE
        while "bench: ready" not in self.said():
            if time.monotonic() > end or self.process.poll() is not None:
                raise Wrong(f"the gateway does not start:\n{self.said()}")
            time.sleep(0.05)

    def pass_through(self, side, sent):
        """Seconds until the frame comes out at the other side, and what comes out."""
        wire, theirs = self.wires[side]
        other = self.wires[1 - side][0]
        begin = time.perf_counter()
        wire.sendto(sent, theirs)
        try:
            got = other.recv(2048)
        except TimeoutError:
            raise Wrong(f"a frame does not come through:\n{self.said()}") from None
        return time.perf_counter() - begin, got

    def flow(self):
        i, self.next = self.next, self.next + 1
        host = struct.pack("!BBBB", 192, 168, 1, 10 + i % 200)
        port = 1024 + i // 200 % 40000
        out, got = self.pass_through(INSIDE, frame(INSIDE, host, port, SERVER, 53))
        if got[26:34] != GATEWAY + SERVER:
            raise Wrong("a question was not translated")
        outside_port = struct.unpack("!H", got[34:36])[0]
        back, got = self.pass_through(
            OUTSIDE, frame(OUTSIDE, SERVER, 53, GATEWAY, outside_port))
        if got[30:34] != host or struct.unpack("!H", got[36:38])[0] != port:
            raise Wrong("an answer was not translated")
        return out, back

    def turn(self, seconds, pause=0.0):
        """{kind: [seconds]} of the flows of so long a time, one each PAUSE."""
        due, found = time.monotonic(), []
        end = due + seconds
        while time.monotonic() < end:
            found.append(self.flow())
            due += pause
            time.sleep(max(0, due - time.monotonic()))
        return {kind: sorted(f[i] for f in found) for i, kind in enumerate(KINDS)}


COLUMNS = [("p50", lambda s: s[len(s) // 2]), ("p99", lambda s: s[len(s) * 99 // 100]),
           ("longest of a turn", lambda s: s[-1])]


def rows(turns, what, bars):
    return [Figure(f"NAT, {what}, {kind}, {name}", "plain hash table",
                   *([column(turn[k][kind]) for turn in turns] for k in range(2)), at_most=bar)
            for kind, bar in zip(KINDS, bars) for name, column in COLUMNS]


def measure(bench, image, memory_mb, bars):
    gateways = [Gateway(bench, image, memory_mb, table) for table in ("versioned", "plain")]
    try:
        for gateway in gateways:
            gateway.wait()
            gateway.turn(1)
        paced, flat_out = ([[gateway.turn(TURN_SECONDS, pause) for gateway in gateways]
                            for _ in range(TURNS)] for pause in (1 / PACE, 0))
    finally:
        for gateway in gateways:
            gateway.end()
    return (rows(paced, f"wire to wire, {PACE} flows/s", bars)
            + rows(flat_out, "wire to wire, flat out", [None] * len(bars)))
