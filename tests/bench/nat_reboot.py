"""How long connections stand still when the NAT gateway loses power and boots again, with the state
that it kept and without: the number that the talk never gave.

The hosts' ends of the wires stay; only the gateway goes. A connection stands still from the moment
of the power cut to the first byte that comes through again, on a new connection where the old one
was reset."""

import contextlib
import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import threading
import time

from harness import Figure, Unavailable, Wrong

IMAGE = "bench-gateway"
MEMORY_MB = 160
ROUNDS = 5
GIVE_UP = 20.0  # seconds
OUTSIDE, INSIDE = 0, 1
ADDRESS = ["203.0.113.2", "192.168.1.1"]
HOST = ["203.0.113.1", "192.168.1.2"]
MAC = ["52:54:00:12:34:56", "52:54:00:12:34:57"]
DISK_MB = 128

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
libc = ctypes.CDLL(None, use_errno=True)


def ip(command):
    done = subprocess.run(["ip", *command.split()], stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise Unavailable(f"'ip {command}': {done.stderr.strip()}")


class Host:
    """A network namespace with a tap in it, whose other end a gateway's network card gets."""

    def __init__(self, side):
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        if libc.unshare(CLONE_NEWNET):
            raise Unavailable(f"no network namespace: {os.strerror(ctypes.get_errno())}")
        self.side = side
        self.space = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            self.tap = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(self.tap, TUNSETIFF, struct.pack("16sH22x", b"tap0", IFF_TAP | IFF_NO_PI))
            for command in [
                "link set tap0 addrgenmode none",
                f"address add {HOST[side]}/24 dev tap0",
                "link set tap0 up",
                f"neighbour add {ADDRESS[side]} lladdr {MAC[side]} dev tap0 nud permanent",
            ] + ([f"route add default via {ADDRESS[side]}"] if side == INSIDE else []):
                ip(command)
        finally:
            libc.setns(before, CLONE_NEWNET)
            os.close(before)

    @contextlib.contextmanager
    def here(self):
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        libc.setns(self.space, CLONE_NEWNET)
        try:
            yield
        finally:
            libc.setns(before, CLONE_NEWNET)
            os.close(before)

    def socket(self):
        with self.here():
            s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s


class Gateway:
    """Its power can be cut and come back; a disk outlives that where state is kept."""

    def __init__(self, bench, image, hosts, keeps):
        words = f"ip={ADDRESS[OUTSIDE]}/24 gateway={HOST[OUTSIDE]} ip1={ADDRESS[INSIDE]}/24"
        self.argv = [
            "qemu-system-x86_64", "-M", "microvm,acpi=off", "-accel", "tcg", "-cpu", "max",
            "-m", str(MEMORY_MB), "-nodefaults", "-no-user-config", "-display", "none",
            "-no-reboot", "-global", "virtio-mmio.force-legacy=false", "-kernel", image,
        ]
        self.console = bench.path("console-gateway")
        self.taps = [h.tap for h in hosts]
        for h in hosts:
            self.argv += ["-netdev", f"tap,id=n{h.side},fd={h.tap}",
                          "-device", f"virtio-net-device,netdev=n{h.side},mac={MAC[h.side]}"]
        if keeps:
            disk = bench.path("gateway-disk")
            with open(disk, "wb") as file:
                file.truncate(DISK_MB << 20)
            self.argv += ["-drive", f"if=none,id=d,format=raw,file={disk}",
                          "-device", "virtio-blk-device,drive=d"]
        self.argv += ["-append", words, "-serial", f"file:{self.console}"]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, pass_fds=self.taps)

    def cut(self):
        self.process.kill()
        self.process.wait()


class Server:
    """Outside: sends back what it gets, and on the other port speaks by itself."""

    def __init__(self, host):
        for port, talk in (7, self.echo), (19, self.speak):
            s = host.socket()
            s.bind((HOST[OUTSIDE], port))
            s.listen(64)
            threading.Thread(target=self.serve, args=(s, talk), daemon=True).start()

    @staticmethod
    def serve(s, talk):
        while True:
            connection, _ = s.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    @staticmethod
    def echo(connection):
        with contextlib.suppress(OSError), connection:
            while data := connection.recv(4096):
                connection.sendall(data)

    @staticmethod
    def speak(connection):
        with contextlib.suppress(OSError), connection:
            while True:
                connection.sendall(b"x")
                time.sleep(0.005)


class Client:
    """Inside. OWN_PORT below 49152 is kept by a gateway that knows nothing, others are not."""

    def __init__(self, host, port, own_port):
        self.host, self.port, self.own_port = host, port, own_port
        self.speaks = port == 7
        self.s = None

    def connect(self, patience):
        self.s = self.host.socket()
        self.s.settimeout(patience)
        self.s.bind((HOST[INSIDE], self.own_port))
        self.own_port = 0  # of the next connection: any
        self.s.connect((HOST[OUTSIDE], self.port))

    def hear(self, patience):
        """One byte more from the server."""
        self.s.settimeout(patience)
        if self.speaks:
            self.s.send(b"x")
        if not self.s.recv(4096):
            raise ConnectionResetError

    def hear_again(self, end):
        """Whatever it takes, until END."""
        connected = True
        while time.monotonic() < end:
            try:
                if not connected:
                    self.connect(0.2)
                connected = True
                self.hear(end - time.monotonic())
                return True
            except TimeoutError:
                connected = connected and not self.speaks
            except OSError:
                connected = False
        return False

    def drain(self):
        """What had come through before the cut."""
        self.s.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while self.s.recv(65536):
                pass


def connect_until(client, end):
    while True:
        try:
            return client.connect(1)
        except OSError:
            if time.monotonic() > end:
                raise Wrong("no connection through the gateway") from None


def pause(gateway, client):
    """Seconds from the power cut to the next byte."""
    gateway.start()
    try:
        connect_until(client, time.monotonic() + GIVE_UP)
        for _ in range(50):
            client.hear(GIVE_UP)
        time.sleep(1.2)  # what is kept may be a second old
        gateway.cut()
        cut = time.monotonic()
        client.drain()
        gateway.start()
        heard = client.hear_again(cut + GIVE_UP)
        return time.monotonic() - cut if heard else GIVE_UP
    finally:
        gateway.cut()
        client.s.close()


CASES = [
    ("client speaks, its port is kept", 7, 40000, 1.2),
    ("client speaks, its port is another", 7, 55000, 1.2),
    # Without the state nothing comes in until the client gives up: that is what it is kept for.
    ("server speaks", 19, 41000, 0.5),
]


def sample(bench, image, hosts, keeps):
    """{case: [seconds]}"""
    found = {}
    for number, (name, port, own_port, _) in enumerate(CASES):
        clients = [Client(hosts[INSIDE], port, own_port + 100 * number + i + 50 * keeps)
                   for i in range(ROUNDS)]
        found[name] = [pause(Gateway(bench, image, hosts, keeps), c) for c in clients]
    return found


def measure(bench, workspace, bare):
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun"):
        raise Unavailable("taps need root and /dev/net/tun")
    workspace.put_json(f"recipes/{IMAGE}/recipe.json", {
        "name": IMAGE, "version": "1.0.0", "license": "ISC", "needs": ["gateway"],
        "image": {"boot": {"memory_mb": MEMORY_MB}},
    })
    image = workspace.respin("build", IMAGE)["path"]
    hosts = [Host(OUTSIDE), Host(INSIDE)]
    Server(hosts[OUTSIDE])
    without = sample(bench, image, hosts, False)
    kept = sample(bench, image, hosts, True)
    return [Figure(f"NAT reboot, {name}", "without the kept state", kept[name], without[name],
                   at_most=bar) for name, _, _, bar in CASES]
