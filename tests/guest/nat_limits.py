#!/usr/bin/env python3
# A gateway with few ports and short timers, seen by its two hosts. Speaks TAP.
#   nat_limits.py HOSTS NAME...    HOSTS: the example's checks/hosts.py
import importlib.util
import socket
import sys
import time

spec = importlib.util.spec_from_file_location("hosts", sys.argv.pop(1))
hosts = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hosts)

HELLO = b"hello"


def exhausts():
    """the eleventh of ten mappings is refused, and told so; the others go on"""
    server = hosts.make(hosts.OUTSIDE, socket.SOCK_DGRAM, 5300)
    clients = [hosts.make(hosts.INSIDE, socket.SOCK_DGRAM) for _ in range(11)]
    ports = set()
    for client in clients[:10]:
        client.connect(server.getsockname())
        client.send(HELLO)
        ports.add(server.recvfrom(16)[1])
    hosts.equal(len(ports), 10)
    last = clients[10]
    last.setsockopt(socket.SOL_IP, 11, 1)
    last.setblocking(False)
    last.connect(server.getsockname())
    last.send(HELLO)
    hosts.equal(hosts.next_error(last), (hosts.GATEWAY[hosts.INSIDE], 3, 13))
    for client in clients[:10]:
        client.send(HELLO)
        hosts.equal(server.recvfrom(16)[0], HELLO)


def expires():
    """a mapping of two seconds is closed after them, not before, and its port can be had again"""
    server = hosts.make(hosts.OUTSIDE, socket.SOCK_DGRAM, 5301)
    client = hosts.make(hosts.INSIDE, socket.SOCK_DGRAM)
    client.sendto(HELLO, server.getsockname())
    mapped = server.recvfrom(16)[1]
    time.sleep(1)
    server.sendto(b"in time", mapped)
    hosts.equal(client.recv(16), b"in time")
    time.sleep(4)
    server.sendto(b"too late", mapped)
    client.settimeout(0.5)
    try:
        raise AssertionError(f"got {client.recv(16)!r}")
    except socket.timeout:
        pass
    client.sendto(HELLO, server.getsockname())
    hosts.equal(server.recvfrom(16)[0], HELLO)


def path_mtu():
    """a link that carries less: TCP finds out, datagrams are cut"""
    hosts.tcp()
    hosts.fragments()
    small, large = bytes(1372), bytes(1373)  # with headers, 1400 and 1401
    s = hosts.make(hosts.INSIDE, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_IP, 10, 3)  # IP_MTU_DISCOVER, IP_PMTUDISC_PROBE: always "don't fragment"
    s.setsockopt(socket.SOL_IP, 11, 1)
    s.setblocking(False)
    s.connect((hosts.HOST[hosts.OUTSIDE], 5302))
    s.send(large)
    hosts.equal(hosts.next_error(s), (hosts.GATEWAY[hosts.INSIDE], 3, 4))
    server = hosts.make(hosts.OUTSIDE, socket.SOCK_DGRAM, 5303)
    s.connect(server.getsockname())
    s.send(small)
    hosts.equal(server.recvfrom(2000)[0], small)


hosts.CHECKS[:] = [exhausts, expires, path_mtu]
sys.exit(hosts.main())
