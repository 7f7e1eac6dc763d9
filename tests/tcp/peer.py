"""peer.py - lwIP with its journal, as a process or in an image, and this machine's TCP as its peer.

SPDX-License-Identifier: ISC"""
import itertools
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time

PERIOD = 65521
SENDER_BYTES = 50000
SEND_BUFFER = 512 * 1024  # lwipopts.h
ECHO, PLAIN, SINK, STREAM, SENDER = 7, 9, 19, 80, 90
# Socket options of Linux that Python has no names for (linux/tcp.h).
TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ, SEND_QUEUE = 19, 20, 21, 2


def make_stream(x):
    out = bytearray()
    for _ in range(PERIOD):
        x = (x ^ x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x = (x ^ x << 5) & 0xFFFFFFFF
        out.append(x & 0xFF)
    return bytes(out)


ONE, TWO = (make_stream(n) * 3 for n in (1, 2))


LONG = ONE * 50


def piece(stream, at, n):
    return stream[at % PERIOD:at % PERIOD + min(n, PERIOD)]


class Failed(Exception):
    pass


def must(condition, *words):
    if not condition:
        raise Failed(" ".join(map(str, words)))


def wait_for(what, seconds=10.0):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def sh(command):
    subprocess.run(command, shell=True, check=True)


class Host:
    """lwIP as a process, on a tap interface and network of its own."""
    numbers = itertools.count(1)

    def __init__(self, program, folder, *options):
        self.number, self.program, self.options = next(Host.numbers), program, options
        self.tap, self.address = f"tap{self.number}", f"10.77.{self.number}.2"
        self.peer = f"10.77.{self.number}.1"
        self.journal = os.path.join(folder, f"journal{self.number}")
        self.log = os.path.join(folder, f"log{self.number}")
        self.process, self.paths = None, {}
        sh(f"ip tuntap add {self.tap} mode tap && ip addr add {self.peer}/24 dev {self.tap} && "
           f"ip link set {self.tap} up")

    def start(self, *more):
        before = self.says("ready")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "--tap", self.tap, "--address", self.address, "--journal",
                 self.journal, *self.options, *more], stdout=log, stderr=log)
        must(wait_for(lambda: self.says("ready") > before or self.process.poll() is not None),
             "the host does not start")
        must(self.process.poll() is None, "the host ended:", self.text())

    def kill(self):
        must(self.process.poll() is None, "the host ended by itself:", self.text())
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def restart(self, *more):
        self.kill()
        self.start(*more)

    def text(self):
        try:
            with open(self.log, encoding="utf-8") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def says(self, words):
        return self.text().count(words)

    def connections(self):
        """What the journal holds: fields by path."""
        out = subprocess.run([self.program, "--show", "--journal", self.journal], check=True,
                             capture_output=True, text=True).stdout
        found, fields = {}, {}
        for line in out.splitlines():
            word, _, rest = line.partition(" ")
            if re.fullmatch(r"[0-9.]+:\d+-[0-9.]+:\d+", line):
                fields = found.setdefault(line, {})
            elif rest and rest != "chunks":
                fields[word] = rest
        return found

    def connection(self, s):
        """The fields of the connection of socket S."""
        return self.connections().get(self.path(s), {})

    def path(self, s):
        """Its path; it may be closed by now."""
        if s not in self.paths:
            here, there = s.getsockname(), s.getpeername()
            self.paths[s] = f"{there[0]}:{there[1]}-{here[0]}:{here[1]}"
        return self.paths[s]

    def state(self, s):
        return self.connection(s).get("state", "none")


class Machine(Host):
    """The same in an image with a disk, on QEMU."""

    def start(self, *more):
        before = self.says("respin: ready")
        disk = self.journal
        if not os.path.exists(disk):
            with open(disk, "wb") as file:
                file.truncate(128 << 20)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["qemu-system-x86_64", "-M", "microvm,acpi=off", "-accel", "tcg", "-cpu", "max",
                 "-m", "256", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                 "-global", "virtio-mmio.force-legacy=false", "-serial", "stdio",
                 "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", self.program,
                 "-drive", f"if=none,id=d0,format=raw,file={disk}",
                 "-device", "virtio-blk-device,drive=d0",
                 "-netdev", f"tap,id=n0,ifname={self.tap},script=no,downscript=no",
                 "-device", "virtio-net-device,netdev=n0,mac=52:54:00:00:00:02",
                 "-append", f"ip={self.address}/24"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        must(wait_for(lambda: self.says("respin: ready") > before or
                      self.process.poll() is not None, 60), "the image does not start:",
             self.text())
        must(self.process.poll() is None, "the image ended:", self.text())


class Talk(threading.Thread):
    """A connection to a server: sends stream 1, checks what comes, from its own threads."""

    def __init__(self, host, port, rate=0.002):
        super().__init__(daemon=True)
        self.s = socket.create_connection((host.address, port), 10)
        self.s.settimeout(0.1)
        self.port, self.sent, self.received, self.wrong = port, 0, 0, 0
        self.expected = TWO if port in (STREAM, SENDER) else ONE
        self.rate, self.error, self.end, self.silent, self.pause = rate, None, False, False, 0.0

    def attempt(self, what):
        try:
            return what()
        except socket.timeout:
            return None
        except OSError as e:
            self.error = self.error or str(e)
            return None

    def write(self):
        while not self.error and not self.end:
            if self.silent:
                time.sleep(0.01)
                continue
            part = piece(ONE, self.sent, random.randrange(1, 16000))
            self.sent += self.attempt(lambda: self.s.send(part)) or 0
            time.sleep(self.rate)

    def run(self):
        threading.Thread(target=self.write, daemon=True).start()
        last = time.monotonic()
        while not self.end and not self.error:
            got = self.attempt(lambda: self.s.recv(60000))
            if got is None:
                continue
            if not got:
                self.end = True
            elif got != piece(self.expected, self.received, len(got)):
                self.wrong += 1
            self.received += len(got)
            time.sleep(self.rate / 4)
            self.pause, last = max(self.pause, time.monotonic() - last), time.monotonic()

    def is_well(self):
        must(not self.error, "the peer has an error:", self.error)
        must(not self.wrong, "wrong bytes came to the peer")

    def flow(self):
        """A question: since now, have bytes flowed both ways, if it is of the kind that gets any?
        True, too, where they never will again."""
        sent, received = self.sent, self.received
        answers = 50000 if self.port != SINK else 0
        return lambda: (self.error or self.wrong or
                        (self.sent > sent + 300000 and self.received >= received + answers))

    def goes_on(self, seconds=10.0):
        return wait_for(self.flow(), seconds)


def talk(host, port):
    t = Talk(host, port)
    t.start()
    return t


def drained(t):
    """All that the server has queued, up to its end."""
    t.silent = True
    return wait_for(lambda: t.end or t.error, 20)


def high_isn(s):
    """Half of all comparisons with 0, which stands for what was left out, would be right."""
    s.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    s.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, SEND_QUEUE)
    seq = s.getsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ) & 0xFFFFFFFF
    s.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, -1)
    return 0x80000000 <= seq < 0xF0000000


def fill_echo(host):
    """An echo whose answers nobody reads, and what was sent: None where it is not refused.

    It must be full before lwIP's first probe of our closed window, after 1.5 seconds: from then on
    its acknowledgements have a sequence number behind our window, and we ignore them."""
    s, sent = socket.socket(), 0
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect((host.address, ECHO))
    if not high_isn(s):
        return None
    s.setblocking(False)

    def fill():
        nonlocal sent
        try:
            while True:
                sent += s.send(LONG[sent:sent + 60000])
        except BlockingIOError:
            return int(host.connection(s)["refused"]) > 0
    return (s, sent) if wait_for(fill, 4) else None


def full_echo(host):
    """An echo whose server has refused data."""
    for _ in range(40):
        full = fill_echo(host)
        if full:
            return full
    raise Failed("it refuses nothing")


def echo_comes(s, sent, seconds=20):
    """How an echo ends: all the bytes that were sent, or what else. One that gives a byte a second
    hangs, too."""
    got, end = 0, time.monotonic() + seconds
    s.setblocking(True)
    try:
        while got < sent:
            s.settimeout(max(0.01, end - time.monotonic()))
            part = s.recv(60000)
            if not part:
                return "end"
            if part != LONG[got:got + len(part)]:
                return "wrong bytes"
            got += len(part)
            if time.monotonic() > end:
                raise socket.timeout
    except socket.timeout:
        return f"hangs after {got} bytes of {sent}"
    except OSError as e:
        return str(e)
    return "well"
