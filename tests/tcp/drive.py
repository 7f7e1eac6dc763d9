"""drive.py - what a peer of lwIP sees while its machine is killed and started again.

The peer is this machine's TCP, in a network namespace of its own; lwIP is tests/tcp/host.c.
    drive.py HOST FOLDER SCENARIO [ARGUMENT...]
Ends with 0 where all is as it must be, else says what was not. SPDX-License-Identifier: ISC"""
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
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
    count = 0

    def __init__(self, program, folder, *options):
        Host.count += 1
        self.number, self.program, self.options = Host.count, program, options
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
        self.sent = self.received = self.wrong = 0
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

    def goes_on(self, seconds=10.0):
        """Do bytes flow both ways?"""
        sent, received = self.sent, self.received
        return wait_for(lambda: self.error or self.wrong or
                        (self.sent > sent + 300000 and self.received > received + 50000), seconds)


def talk(host, port):
    t = Talk(host, port)
    t.start()
    return t


def drained(t):
    """All that the server has queued, up to its end."""
    t.silent = True
    return wait_for(lambda: t.end or t.error, 20)


# ---- scenarios ----

def kills(program, folder, count, *options):
    """Is each byte the right one in both directions, whenever the machine dies?"""
    host = Host(program, folder, *options)
    host.start()
    talks = [talk(host, port) for port in (STREAM, STREAM, ECHO, SINK)]
    for _ in range(int(count)):
        time.sleep(random.uniform(0.05, 0.7))
        host.restart()
        for t in talks:
            t.is_well()
    for t in talks[:3]:
        must(t.goes_on(30), "a connection stands still")
        t.is_well()
    must(f"ready: {len(talks)} resumed, 0 lost" in host.text(), host.text())
    must(not host.says("reset"), host.text())
    must(host.connection(talks[0].s)["resumed"] == count, "not resumed each time")
    print(f"{count} kills, bytes sent {sum(t.sent for t in talks)}, received "
          f"{sum(t.received for t in talks)}, longest pause {max(t.pause for t in talks):.2f} s")
    host.kill()


def reboots(image, folder, count):
    """The same for an image: QEMU is killed, and started again with its disk."""
    host = Machine(image, folder)
    host.start()
    talks = [talk(host, port) for port in (STREAM, ECHO, SINK)]
    for _ in range(int(count)):
        time.sleep(random.uniform(0.2, 1.5))
        host.restart()
        for t in talks:
            t.is_well()
    for t in talks[:2]:
        must(t.goes_on(60), "a connection stands still:", host.text())
        t.is_well()
    must(host.says(f"guest: {len(talks)} resumed, 0 lost") == int(count), host.text())
    must(not host.says("reset") and not host.says("panic"), host.text())
    for t in talks:
        t.silent = True
    time.sleep(0.5)
    for t in talks:
        t.s.shutdown(socket.SHUT_WR)
    must(wait_for(lambda: all(t.end for t in talks), 60), "they do not end")
    print(f"{count} reboots, bytes sent {sum(t.sent for t in talks)}, received "
          f"{sum(t.received for t in talks)}, longest pause {max(t.pause for t in talks):.2f} s")
    host.kill()


def without_commit(program, folder):
    """The control: frames that leave before the journal is written do harm, and it is noticed."""
    host = Host(program, folder, "--no-commit")
    host.start()
    harm = 0
    for _ in range(10):
        talks = [talk(host, STREAM) for _ in range(4)]
        time.sleep(0.3)
        host.restart()
        time.sleep(1.0)
        harm += sum(bool(t.error) or not t.goes_on(4) for t in talks)
        must(not any(t.wrong for t in talks), "wrong bytes")
        for t in talks:
            t.end = True
            t.s.close()
        if harm:
            break
    must(harm, "nothing happened in ten kills")
    host.kill()


def wait_state(host, s, state):
    must(wait_for(lambda: host.state(s) == state), "no", state, "but", host.connection(s))


def try_held(host, s):
    """Fills the echo server's send buffer, then data and FIN in one segment: it refuses them. The
    bytes sent; None where it took too long (see fill_echo())."""
    room, sent = SEND_BUFFER, 0
    while room >= 1400:
        s.sendall(LONG[sent:sent + room - 700])
        sent += room - 700
        if not wait_for(lambda: int(host.connection(s)["received"]) == sent, 4):
            return None
        fields = host.connection(s)
        room = SEND_BUFFER - int(fields["snd_end"]) + int(fields["snd_una"])
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    s.sendall(LONG[sent:sent + 1400])
    s.shutdown(socket.SHUT_WR)
    return sent + 1400 if wait_for(lambda: host.state(s) == "CLOSE_WAIT", 4) else None


def closing(program, folder, *options):
    """Each state between ESTABLISHED and CLOSED comes back, and the connection ends well."""
    host = Host(program, folder)
    host.start()

    def connect(port, small=True):
        s = socket.socket()
        if small:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.settimeout(20)
        s.connect((host.address, port))
        return s

    def read_all(s, stream):
        got = b""
        while part := s.recv(60000):
            got += part
        must(got == (stream * 5)[:len(got)], "wrong bytes")
        return len(got)

    def send_all(s, n):
        s.sendall(LONG[:n])
        s.shutdown(socket.SHUT_WR)

    senders = [connect(SENDER), connect(SENDER)]
    senders[1].shutdown(socket.SHUT_WR)
    last_ack = connect(ECHO)
    send_all(last_ack, 100000)
    for _ in range(20):
        held = connect(ECHO)
        held_bytes = try_held(host, held)
        if held_bytes:
            break
        held.close()
    must(held_bytes, "it refuses nothing")
    fin_wait_2 = connect(SENDER, small=False)
    must(read_all(fin_wait_2, TWO) == SENDER_BYTES, "too few bytes")
    time_wait = connect(SENDER, small=False)
    must(read_all(time_wait, TWO) == SENDER_BYTES, "too few bytes")
    states = ((senders[0], "FIN_WAIT_1"), (senders[1], "CLOSING"), (last_ack, "LAST_ACK"),
              (held, "CLOSE_WAIT"), (fin_wait_2, "FIN_WAIT_2"), (time_wait, "TIME_WAIT"))
    host.path(time_wait)
    time_wait.shutdown(socket.SHUT_WR)
    for s, state in states:
        wait_state(host, s, state)
    must("fin_held" in host.connection(held)["flags"], "the FIN is not held:",
         host.connection(held)["flags"])
    for _ in range(3):
        host.restart(*options)
    for s, state in states:
        wait_state(host, s, state)
    must("ready: 6 resumed, 0 lost" in host.text(), host.text())
    must(read_all(senders[0], TWO) == SENDER_BYTES, "FIN_WAIT_1: too few bytes")
    wait_state(host, senders[0], "FIN_WAIT_2")
    must(read_all(senders[1], TWO) == SENDER_BYTES, "CLOSING: too few bytes")
    wait_state(host, senders[1], "TIME_WAIT")
    must(read_all(last_ack, ONE) == 100000, "LAST_ACK: too few bytes")
    wait_state(host, last_ack, "none")
    must(read_all(held, ONE) == held_bytes, "CLOSE_WAIT: too few bytes")
    wait_state(host, held, "none")
    fin_wait_2.shutdown(socket.SHUT_WR)
    wait_state(host, fin_wait_2, "TIME_WAIT")
    host.kill()


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def send_syn(host, source, port):
    """From an address that nobody has: nothing will answer."""
    mac = open(f"/sys/class/net/{host.tap}/address", encoding="utf-8").read().strip()
    ends = socket.inet_aton(source) + socket.inet_aton(host.address)
    tcp = struct.pack("!HHIIBBHHH", port, STREAM, 1, 0, 5 << 4, 2, 1000, 0, 0)
    tcp = tcp[:16] + struct.pack("!H", checksum(ends + struct.pack("!HH", 6, 20) + tcp)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, 0) + ends
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((host.tap, 0))
    wire.send(bytes.fromhex("525400000002" + mac.replace(":", "") + "0800") + ip + tcp)


def opening(program, folder):
    """What is not open yet is dropped; what nobody can resume is reset at once."""
    host = Host(program, folder)
    host.start()
    stranger = host.peer[:-1] + "9"
    send_syn(host, stranger, 7777)
    path = f"{host.address}:{STREAM}-{stranger}:7777"
    must(wait_for(lambda: host.connections().get(path, {}).get("state") == "SYN_RCVD"),
         "no SYN_RCVD")
    plain = talk(host, PLAIN)
    must(plain.goes_on(), "no echo")
    must(host.connection(plain.s)["resumable"] == "no: no application", "it says nothing of it")
    host.restart()
    must(wait_for(lambda: path not in host.connections(), 2), "SYN_RCVD is still there")
    must(wait_for(lambda: plain.error, 2), "no reset")
    must("reset by peer" in plain.error, plain.error)
    must(host.says("can't be resumed") == 1, host.text())
    again = talk(host, STREAM)
    must(again.goes_on(), "no new connection")
    again.is_well()
    host.kill()


def bounds(program, folder):
    """Where the tables are full: what that means for a connection is defined, and can be seen."""
    host = Host(program, folder, "--entries", "512")
    host.start()
    echoes = [full_echo(host) for _ in range(5)]  # of 0.6 MB each, for 1.5 MB of payload

    def resumable():
        return [host.connection(s)["resumable"] for s, _ in echoes]
    must(wait_for(lambda: "no: no room for its bytes" in resumable(), 40), "there is room for all")
    must(resumable().count("yes") == 2, resumable())
    poor = resumable().index("no: no room for its bytes")
    must(echo_comes(*echoes[poor]) == "well", "it does not live on")
    must(wait_for(lambda: resumable()[poor] == "yes"), "for ever without room")
    echoes.pop(poor)
    expected = resumable()
    host.restart()
    for (s, sent), can in zip(echoes, expected):
        end = echo_comes(s, sent)
        must((end == "well") == (can == "yes"), "resumable:", can, "but it ends so:", end)
        must(end == "well" or "reset" in end, end)
    host.kill()
    few = Host(program, folder, "--entries", "8")  # five of them are listeners
    few.start()
    talks = [talk(few, SINK if i else ECHO) for i in range(5)]
    must(all(wait_for(lambda t=t: t.sent > 1000000) for t in talks), "not all of them work")
    recorded = [few.path(t.s) in few.connections() for t in talks]
    must(sum(recorded) == 3, recorded)
    few.restart()
    for t, known in zip(talks, recorded):
        sent = t.sent
        must(wait_for(lambda t=t, sent=sent: t.error or t.sent > sent + 1000000), "it hangs")
        must(known != bool(t.error), "recorded:", known, t.error)
    few.kill()


def flags(program, folder):
    """Flags that are seldom set come back, too."""
    host = Host(program, folder)
    host.start()
    t = talk(host, ECHO)
    must(t.goes_on(), "nothing flows")
    host.restart("--flag", "88")
    must(t.goes_on(), "nothing flows")
    words = host.connection(t.s)["flags"].split()
    must("no_delay" in words and "keepalive" in words, *words)
    t.silent = True
    must(wait_for(lambda: t.sent == t.received), "not all comes back")
    host.restart("--flag", "6")  # closed by the application, when there was no memory for a FIN
    must(wait_for(lambda: t.end and not t.error), "no FIN:", t.error)
    host.kill()


def stale(program, folder, count):
    """A journal from before what the peer was told: a reset, no hang, no wrong byte."""
    host = Host(program, folder, "--stale-ms", "3000")
    host.start()
    old = host.journal + ".old"
    slowest = 0.0
    for i in range(int(count)):
        t = talk(host, (STREAM, SINK, ECHO)[i % 3])
        must(wait_for(lambda: t.sent > 200000), "nothing flows")
        host.path(t.s)
        sh(f"cp {host.journal} {old}")
        sent = t.sent
        must(wait_for(lambda: t.sent > sent + 1000000), "nothing flows")
        if i % 2:
            t.silent = True  # idle: nothing but our question can find it out
            time.sleep(0.3)
        host.kill()
        os.replace(old, host.journal)
        host.start()
        began = time.monotonic()
        must(wait_for(lambda: t.error or t.end, 10), "the connection hangs")
        slowest = max(slowest, time.monotonic() - began)
        must(t.error and "reset by peer" in t.error, "an end instead of a reset:", t.error)
        must(not t.wrong, "wrong bytes")
        must(wait_for(lambda: host.path(t.s) not in host.connections(), 2), "not forgotten")
    must(host.says("knows more") == int(count), host.text())
    print(f"{count} stale journals, the slowest reset after {slowest:.1f} s")
    host.kill()


def git(repository, *words):
    return subprocess.run(["git", "-C", repository, *words], check=True, capture_output=True,
                          text=True).stdout


def life(program, folder):
    """git log tells a connection's life, from its first segment to its end."""
    repository = os.path.join(folder, "tcp.git")
    sh(f"git init -q --bare -b primary {repository}")
    host = Host(program, folder, "--git", repository)
    host.start()
    passive, active = talk(host, ECHO), talk(host, STREAM)
    paths = [host.path(t.s) for t in (passive, active)]
    must(passive.goes_on() and active.goes_on(), "nothing flows")
    time.sleep(3)
    must(passive.goes_on() and active.goes_on(), "nothing flows")
    before = git(repository, "rev-list", "--count", "primary")
    passive.silent = True
    must(wait_for(lambda: passive.received == passive.sent), "not all comes back")
    passive.s.shutdown(socket.SHUT_WR)
    must(wait_for(lambda: passive.end and paths[0] not in host.connections()), "it does not end")
    must(wait_for(lambda: f"{paths[0]}: LAST_ACK -> CLOSED" in git(repository, "log", "--format=%s",
                                                                   "primary")), "no end in git")
    log = git(repository, "log", "--reverse", "--format=%an: %s", "primary")
    steps = [line for line in log.splitlines() if paths[0] in line]
    must([s.split(": ", 2)[2] for s in steps] == [
        "LISTEN -> SYN_RCVD", "SYN_RCVD -> ESTABLISHED", "ESTABLISHED -> CLOSE_WAIT",
        "CLOSE_WAIT -> LAST_ACK", "LAST_ACK -> CLOSED"], "other steps:", *steps)
    must(all(line.startswith("tcp: ") for line in log.splitlines()), "not by tcp")
    counters = log.splitlines().count("tcp: counters")
    must(2 <= counters <= 20, counters, "commits of counters in some five seconds")
    must(int(before) < 40, before, "commits")
    changes = git(repository, "log", "-p", "--format=", "primary", "--", "tcp/" + paths[0])
    for line in ("+state SYN_RCVD", "-state SYN_RCVD", "+state ESTABLISHED", "+state LAST_ACK",
                 "-state LAST_ACK", "deleted file mode 100644"):
        must(line in changes, "not in git log -p:", line)
    must(re.search(r"^-rcv_nxt \d+\n(.*\n)*?\+rcv_nxt \d+", changes, re.M), "counters stand still")
    files = git(repository, "ls-tree", "-r", "--name-only", "primary").split()
    must("tcp/" + paths[1] in files and "tcp/0.0.0.0:80-0.0.0.0:0" in files, "files:", *files)
    must(not any("out" in f or "payload" in f for f in files), "payload is in the history")
    text = git(repository, "show", "primary:tcp/" + paths[1])
    must(re.match(r"state ESTABLISHED\nflags [a-z_ ]+\nresumable yes\n", text), text)
    git(repository, "fsck", "--strict")
    host.kill()


# ---- ablation ----

# What a resumed connection can't do without: one of it left out, and it dies, hangs or lies.
NEEDED = {"state", "resumable", "snd_una", "snd_nxt", "snd_end", "snd_scale", "snd_wnd_max",
          "snd_wl1,snd_wl2", "wnd_scale", "rcv_nxt", "rcv_wnd", "rcv_ann_edge",
          "refused", "ts_limit", "app", "out", "in"}
# What it keeps, though this peer would bear another value, or tells it anew.
KEPT = {"snd_wnd", "rcv_ann_wnd", "rcv_scale", "mss", "ts_recent", "srtt", "rttvar",
        "keep_idle", "ttl", "tos", "prio", "sack", "timestamp"}
# What is not read at a restore: for people, for merging, or found out anew.
TOLD = {"opened", "acked", "received", "resumed", "cwnd", "ssthresh", "rto", "nrtx"}
# The flags have words of their own, or are needed when a connection closes (see closing()).
ELSEWHERE = {"flags"}


def high_isn(s):
    """Half of all comparisons with 0, which stands for what was left out, would be right."""
    s.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    s.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, SEND_QUEUE)
    seq = s.getsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ) & 0xFFFFFFFF
    s.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, -1)
    return 0x80000000 <= seq < 0xF0000000


def high_talk(host, port):
    while True:
        t = Talk(host, port, 0.01)
        if high_isn(t.s):
            t.start()
            return t
        t.s.close()


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


def echo_comes(s, sent):
    """How an echo ends: all the bytes that were sent, or what else."""
    got = 0
    s.setblocking(True)
    s.settimeout(15)
    try:
        while got < sent:
            part = s.recv(60000)
            if not part:
                return "end"
            if part != LONG[got:got + len(part)]:
                return "wrong bytes"
            got += len(part)
    except socket.timeout:
        return "hangs"
    except OSError as e:
        return str(e)
    return "well"


def fate(t):
    """What becomes of a connection."""
    goes_on = t.goes_on(15)
    if t.wrong:
        return "wrong bytes"
    return t.error or ("well" if goes_on else "hangs")


def leave_out(program, folder, field, results):
    host = Host(program, folder)
    try:
        # One day: the clock's beginning is old. 35 days: it has passed 2^31 ms.
        host.start("--uptime", "3000000000" if field == "nothing" else "100000000")
        talks = [high_talk(host, STREAM), high_talk(host, ECHO)]
        names = ",".join(NEEDED | KEPT | TOLD | ELSEWHERE).split(",")
        unknown = set(host.connection(talks[0].s)) - set(names)
        must(not unknown, "no word on", *unknown)
        echo, sent = full_echo(host)
        must(all(t.goes_on() for t in talks), "nothing flows")
        host.restart("--leave-out", field)
        fates = [fate(t) for t in talks] + [echo_comes(echo, sent)]
        if host.process.poll() is not None:
            fates.append("wrong bytes came to the server")
        results[field] = ", ".join(sorted(set(fates) - {"well"})) or "well"
        host.kill()
    except Failed as e:
        results[field] = f"? {e}"


def ablation(program, folder, *only):
    """Each field left out: what a later image needs is what it can't go on without."""
    results, fields = {}, list(only) or ["nothing", *sorted(NEEDED | KEPT | TOLD)]

    def work():
        while fields:
            leave_out(program, folder, fields.pop(), results)
    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for field in sorted(results):
        print(f"{field}: {results[field]}")
    bad = [f for f, r in results.items() if (r == "well") == (f in NEEDED) or r[0] == "?"]
    must(not bad, "not as it should be:", *bad)


def main():
    program, folder, scenario, *arguments = sys.argv[1:]
    random.seed(os.environ.get("SEED"))
    try:
        globals()[scenario](program, folder, *arguments)
    except Failed as e:
        print(f"{scenario}: {e}")
        sys.exit(1)


main()
