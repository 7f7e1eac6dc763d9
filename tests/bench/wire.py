"""A tap in a network namespace of our own, and probes that see when a guest answers."""

import ctypes
import os
import select
import socket
import struct
import subprocess
import time

from harness import Unavailable, Wrong

TAP = "tap0"
HOST = "10.77.0.1"
GUEST = "10.77.0.2"
GUEST_MAC = "52:54:00:12:34:56"
NETMASK_BITS = 24

CLONE_NEWNET = 0x40000000
ETHERTYPE_ARP = 0x0806
ARP_REQUEST, ARP_REPLY = 1, 2


def require_tap():
    if os.geteuid() != 0:
        raise Unavailable("a tap needs root: run this benchmark as root")
    if not os.path.exists("/dev/net/tun"):
        raise Unavailable("a tap needs /dev/net/tun, which is not there")


def open_tap():
    """Moves this process, and all that it starts, into a network namespace with a tap in it."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise Unavailable(f"no network namespace: {os.strerror(ctypes.get_errno())}")
    for command in [
        f"ip tuntap add dev {TAP} mode tap",
        f"ip link set {TAP} addrgenmode none",
        f"ip address add {HOST}/{NETMASK_BITS} dev {TAP}",
        f"ip link set {TAP} up",
        # Known from the start, so that no lost request of the host's own costs a second.
        f"ip neighbour add {GUEST} lladdr {GUEST_MAC} dev {TAP} nud permanent",
    ]:
        done = subprocess.run(command.split(), stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise Unavailable(f"'{command}': {done.stderr.strip()}")


def arp_request(mac):
    """RFC 826, behind an Ethernet header to everybody."""
    return (
        b"\xff" * 6 + mac + struct.pack("!HHHBBH", ETHERTYPE_ARP, 1, 0x0800, 6, 4, ARP_REQUEST)
        + mac + socket.inet_aton(HOST) + bytes(6) + socket.inet_aton(GUEST)
    )


def is_arp_reply(frame):
    kind, operation, sender = frame[12:14], frame[20:22], frame[28:32]
    return (
        kind == struct.pack("!H", ETHERTYPE_ARP)
        and operation == struct.pack("!H", ARP_REPLY)
        and sender == socket.inet_aton(GUEST)
    )


class Probe:
    """Asks until the guest answers. One raw socket serves all boots: closing it costs the kernel
    milliseconds, and they would be taken for the guest's."""

    def __init__(self):
        self.raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE_ARP))
        self.raw.bind((TAP, ETHERTYPE_ARP))
        self.raw.setblocking(False)
        self.request = arp_request(self.raw.getsockname()[4])

    def drain(self):
        while True:
            try:
                self.raw.recv(2048)
            except OSError:
                return

    def wait_arp(self, timeout=30, every=0.005):
        """Returns the time of the first reply, on the monotonic clock."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                self.raw.send(self.request)
            except OSError:
                pass  # the tap is down until QEMU has it open
            ready, _, _ = select.select([self.raw], [], [], every)
            try:
                while ready:
                    if is_arp_reply(self.raw.recv(2048)):
                        return time.monotonic()
            except OSError:
                pass
        raise Wrong(f"no ARP reply within {timeout} s")

    def wait_http(self, path, timeout=30):
        """Returns the time of the first byte of the answer to GET PATH."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                with socket.create_connection((GUEST, 80), timeout=0.02) as connection:
                    connection.settimeout(timeout)
                    connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
                    if connection.recv(1):
                        return time.monotonic()
            except OSError:
                pass  # nobody listens yet
        raise Wrong(f"no answer by HTTP within {timeout} s")
