#!/usr/bin/env python3
# Two Linux hosts, one on each side of the gateway: everything that they say to each other goes
# through it. Speaks TAP. The lab tells where the hosts are: RESPIN_SPACE0 is the network namespace
# of the one outside, RESPIN_SPACE1 of the one inside.
#   hosts.py        all checks
#   hosts.py NAME   one of them
import contextlib
import ctypes
import hashlib
import os
import socket
import struct
import subprocess
import sys
import threading
import time

OUTSIDE, INSIDE = 0, 1
SPACE = [os.environ["RESPIN_SPACE0"], os.environ["RESPIN_SPACE1"]]
HOST = [os.environ["RESPIN_HOST0"], os.environ["RESPIN_HOST1"]]
GATEWAY = [os.environ["RESPIN_ADDRESS0"], os.environ["RESPIN_ADDRESS1"]]
CLONE_NEWNET = 0x40000000
PATIENCE = 10  # seconds

libc = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def on(side):
    """What is opened within is of that host; a namespace is a thread's own."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    with open(SPACE[side]) as space:
        if libc.setns(space.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
    try:
        yield
    finally:
        libc.setns(before, CLONE_NEWNET)
        os.close(before)


def make(side, kind, port=None, proto=0):
    with on(side):
        s = socket.socket(socket.AF_INET, kind, proto)
    s.settimeout(PATIENCE)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if port is not None:
        s.bind((HOST[side], port))
    return s


def listen(side, port):
    s = make(side, socket.SOCK_STREAM, port)
    s.listen(4096)
    return s


def run(side, *argv):
    return subprocess.run(["nsenter", "--net=" + SPACE[side], *argv], capture_output=True, text=True,
                          timeout=60)


def connect(side, address, own_port=None):
    s = make(side, socket.SOCK_STREAM, own_port)
    s.connect(address)
    return s


def receive(s, n):
    data = bytearray()
    while len(data) < n:
        part = s.recv(min(65536, n - len(data)))
        if not part:
            break
        data += part
    return bytes(data)


def equal(got, expected):
    if got != expected:
        raise AssertionError(f"got {got!r}, expected {expected!r}")


def exchange(client, server_end, size):
    """SIZE random bytes, each way at the same time, must arrive as they are."""
    data = os.urandom(size)
    got = []
    other = threading.Thread(target=lambda: got.append(receive(server_end, size)))
    sender = threading.Thread(target=lambda: server_end.sendall(data[::-1]))
    other.start()
    sender.start()
    client.sendall(data)
    back = receive(client, size)
    other.join()
    sender.join()
    equal(hashlib.sha256(got[0]).hexdigest(), hashlib.sha256(data).hexdigest())
    equal(hashlib.sha256(back).hexdigest(), hashlib.sha256(data[::-1]).hexdigest())


# ---- from inside to outside ------------------------------------------------------------------------


def tcp():
    """TCP from inside comes from the gateway's address, 4 MiB each way are whole"""
    with listen(OUTSIDE, 8000) as server, connect(INSIDE, (HOST[OUTSIDE], 8000)) as client:
        end, peer = server.accept()
        equal(peer[0], GATEWAY[OUTSIDE])
        begin = time.monotonic()
        exchange(client, end, 4 << 20)
        rate = (8 << 20) / (time.monotonic() - begin) / 1e6
        end.close()
        return f"{rate:.0f} MB/s"


def udp():
    """UDP datagrams of all sizes go out and their answers come back"""
    server, client = make(OUTSIDE, socket.SOCK_DGRAM, 5300), make(INSIDE, socket.SOCK_DGRAM)
    client.connect((HOST[OUTSIDE], 5300))
    for size in [0, 1, 2, 3, 100, 1471, 1472]:
        data = os.urandom(size)
        client.send(data)
        got, peer = server.recvfrom(4096)
        equal((got, peer[0]), (data, GATEWAY[OUTSIDE]))
        server.sendto(got[::-1], peer)
        equal(client.recv(4096), data[::-1])


def fragments():
    """datagrams that come in pieces arrive, too"""
    server, client = make(OUTSIDE, socket.SOCK_DGRAM, 5301), make(INSIDE, socket.SOCK_DGRAM)
    client.connect((HOST[OUTSIDE], 5301))
    for size in [1473, 4000, 9000]:
        data = os.urandom(size)
        client.send(data)
        got, peer = server.recvfrom(65536)
        equal(got, data)
        server.sendto(got[::-1], peer)
        equal(client.recv(65536), data[::-1])


def ping():
    """pings from inside are answered, large ones too"""
    for size in ["56", "1472", "4000"]:
        r = run(INSIDE, "ping", "-n", "-c", "3", "-i", "0.2", "-W", "2", "-s", size, HOST[OUTSIDE])
        if r.returncode:
            raise AssertionError(r.stdout + r.stderr)


def one_mapping_for_all():
    """a UDP socket has the same port for every host it talks to"""
    servers = [make(OUTSIDE, socket.SOCK_DGRAM, port) for port in (5400, 5401)]
    client = make(INSIDE, socket.SOCK_DGRAM)
    seen = set()
    for server in servers:
        client.sendto(b"x", server.getsockname())
        seen.add(server.recvfrom(16)[1])
    equal(len(seen), 1)


def many_connections():
    """1,000 connections at the same time, each with its own data"""
    count = 1000
    with listen(OUTSIDE, 8001) as server:
        clients, ends = [], {}
        for i in range(count):
            clients.append(connect(INSIDE, (HOST[OUTSIDE], 8001)))
            end, peer = server.accept()
            ends[peer] = end
        equal(len(ends), count)
        for i, c in enumerate(clients):
            c.sendall(b"%6d" % i)
        for end in ends.values():
            end.sendall(receive(end, 6)[::-1])
        for i, c in enumerate(clients):
            equal(receive(c, 6), (b"%6d" % i)[::-1])
        for s in [*clients, *ends.values()]:
            s.close()


def short_connections():
    """2,000 connections one after the other"""
    count = 2000
    with listen(OUTSIDE, 8002) as server:
        begin = time.monotonic()
        for _ in range(count):
            with connect(INSIDE, (HOST[OUTSIDE], 8002)) as client:
                end, _peer = server.accept()
                end.sendall(b"hello")
                end.close()
                equal(receive(client, 16), b"hello")
        return f"{count / (time.monotonic() - begin):.0f} a second"


# ---- from outside to inside ----------------------------------------------------------------------------


def forward():
    """what comes to a forwarded port reaches the inside host"""
    with listen(INSIDE, 80) as server, connect(OUTSIDE, (GATEWAY[OUTSIDE], 8080)) as client:
        end, peer = server.accept()
        equal(peer[0], HOST[OUTSIDE])
        exchange(client, end, 1 << 20)
        end.close()
    server, client = make(INSIDE, socket.SOCK_DGRAM, 53), make(OUTSIDE, socket.SOCK_DGRAM)
    client.connect((GATEWAY[OUTSIDE], 5353))
    client.send(b"question")
    got, peer = server.recvfrom(64)
    server.sendto(b"answer", peer)
    equal((got, client.recv(64)), (b"question", b"answer"))


def curl():
    """curl through the gateway, both ways"""
    def serve(s):
        end, _ = s.accept()
        end.recv(4096)
        end.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n")
        end.close()
    ways = [(OUTSIDE, 8003, INSIDE, f"http://{HOST[OUTSIDE]}:8003/"),
            (INSIDE, 80, OUTSIDE, f"http://{GATEWAY[OUTSIDE]}:8080/")]
    for side, port, other, url in ways:
        with listen(side, port) as server:
            thread = threading.Thread(target=serve, args=(server,))
            thread.start()
            r = run(other, "curl", "-sS", "--noproxy", "*", "--max-time", "5", url)
            thread.join()
            equal((r.stdout, r.stderr), ("hello\n", ""))


def hairpin():
    """the inside host reaches itself by the outside address"""
    with listen(INSIDE, 80) as server, connect(INSIDE, (GATEWAY[OUTSIDE], 8080)) as client:
        end, peer = server.accept()
        equal(peer[0], GATEWAY[OUTSIDE])
        exchange(client, end, 1 << 20)
        end.close()


def closed():
    """nothing else gets in: no port, no inside address"""
    for address in [(GATEWAY[OUTSIDE], 8081), (GATEWAY[OUTSIDE], 80), (HOST[INSIDE], 80)]:
        run(OUTSIDE, "ip", "route", "replace", HOST[INSIDE] + "/32", "via", GATEWAY[OUTSIDE])
        with listen(INSIDE, 80), make(OUTSIDE, socket.SOCK_STREAM) as s:
            s.settimeout(0.5)
            try:
                s.connect(address)
            except socket.timeout:
                continue
            raise AssertionError(f"{address} lets us in")


def filtered():
    """a mapping lets in only hosts that it has sent to"""
    stranger = str(HOST[OUTSIDE]).rsplit(".", 1)[0] + ".99"
    run(OUTSIDE, "ip", "addr", "add", stranger + "/24", "dev", os.environ["RESPIN_DEVICE0"])
    server, client = make(OUTSIDE, socket.SOCK_DGRAM, 5500), make(INSIDE, socket.SOCK_DGRAM)
    client.sendto(b"x", server.getsockname())
    mapped = server.recvfrom(16)[1]
    other = make(OUTSIDE, socket.SOCK_DGRAM)
    other.bind((stranger, 5500))
    other.sendto(b"evil", mapped)
    server.sendto(b"good", mapped)
    equal(client.recv(16), b"good")
    client.sendto(b"y", (stranger, 5500))
    equal(other.recvfrom(16), (b"y", mapped))
    other.sendto(b"friend", mapped)
    equal(client.recv(16), b"friend")


# ---- errors ---------------------------------------------------------------------------------------------


def refused(s):
    for _ in range(20):
        try:
            s.send(b"x")
            time.sleep(0.1)
        except ConnectionRefusedError:
            return
    raise AssertionError("no ICMP error came")


def unreachable_ports():
    """'port unreachable' comes through, in and out"""
    out = make(INSIDE, socket.SOCK_DGRAM)
    out.connect((HOST[OUTSIDE], 5999))
    refused(out)
    back = make(OUTSIDE, socket.SOCK_DGRAM)
    back.connect((GATEWAY[OUTSIDE], 5354))
    refused(back)


def next_error(s):
    """Who sent an ICMP error about S's packets, its type and code (ip(7), IP_RECVERR)."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            _, control, _, _ = s.recvmsg(512, 512, socket.MSG_ERRQUEUE)
        except BlockingIOError:
            time.sleep(0.01)
            continue
        for _, kind, data in control:
            if kind == 11:  # IP_RECVERR
                _, origin, icmp_type, code = struct.unpack("=IBBB", data[:7])
                if origin == 2:  # SO_EE_ORIGIN_ICMP
                    return socket.inet_ntoa(data[20:24]), icmp_type, code
    raise AssertionError("no ICMP error came")


def hops():
    """a traceroute sees the gateway, and the host behind it"""
    s = make(INSIDE, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_IP, 11, 1)
    s.setblocking(False)
    for ttl, expected in [(1, (GATEWAY[INSIDE], 11, 0)), (2, (HOST[OUTSIDE], 3, 3))]:
        s.setsockopt(socket.SOL_IP, socket.IP_TTL, ttl)
        s.sendto(b"x" * 12, (HOST[OUTSIDE], 33434 + ttl))
        equal(next_error(s), expected)


def no_such_host():
    """a host that does not answer ARP is 'unreachable'"""
    s = make(INSIDE, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_IP, 11, 1)
    s.setblocking(False)
    s.sendto(b"x", (HOST[OUTSIDE].rsplit(".", 1)[0] + ".77", 9))
    equal(next_error(s), (GATEWAY[INSIDE], 3, 1))


def spoofed():
    """a false source from inside does not get out"""
    server = make(OUTSIDE, socket.SOCK_DGRAM, 5600)
    raw = make(INSIDE, socket.SOCK_RAW, proto=socket.IPPROTO_RAW)
    raw.bind((HOST[INSIDE], 0))
    for source in ["192.0.2.1", GATEWAY[INSIDE], GATEWAY[OUTSIDE], HOST[OUTSIDE]]:
        packet = struct.pack("!BBHHHBBH4s4sHHHH", 0x45, 0, 32, 7, 0, 64, 17, 0, socket.inet_aton(source),
                             socket.inet_aton(HOST[OUTSIDE]), 5600, 5600, 12, 0) + b"evil"
        raw.sendto(packet, (HOST[OUTSIDE], 0))
    client = make(INSIDE, socket.SOCK_DGRAM)
    client.sendto(b"good", (HOST[OUTSIDE], 5600))
    equal(server.recv(16), b"good")


# ---- what Linux saw ---------------------------------------------------------------------------------------


def checksums():
    """neither host saw a packet with a wrong checksum"""
    for side in OUTSIDE, INSIDE:
        r = run(side, "cat", "/proc/net/snmp")
        lines = [line.split() for line in r.stdout.splitlines()]
        seen = 0
        for names, values in zip(lines[::2], lines[1::2]):
            for name, value in zip(names, values):
                if name in ("InCsumErrors", "InHdrErrors"):
                    equal((names[0], name, value), (names[0], name, "0"))
                    seen += 1
        equal(seen >= 4, True)


CHECKS = [tcp, udp, fragments, ping, one_mapping_for_all, many_connections, short_connections, forward,
          curl, hairpin, closed, filtered, unreachable_ports, hops, no_such_host, spoofed, checksums]


def main():
    failed = 0
    chosen = [c for c in CHECKS if len(sys.argv) < 2 or c.__name__ in sys.argv[1:]]
    for number, check in enumerate(chosen, 1):
        try:
            note = check()
            print(f"ok {number} - {check.__doc__}" + (f" # {note}" if note else ""), flush=True)
        except (OSError, AssertionError, subprocess.TimeoutExpired) as e:
            failed += 1
            print(f"not ok {number} - {check.__doc__}\n# {type(e).__name__}: {e}", flush=True)
    print(f"1..{len(chosen)}")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
