"""The image beside a minimal Linux guest, on the same machine and the same tap: from power-on to
the first ARP reply and the first byte over HTTP, and how long a large file takes.

Moves this process into a network namespace of its own: it comes last."""

import hashlib
import subprocess

import harness
import linux
import machine
import wire
from workspace import BULK, MEMORY_MB, SITE

BOOTS = 9
BULK_BOOTS = 3
DOWNLOADS = 5
PEER = "Linux, busybox httpd"


def counter_khz(bench):
    program = harness.compile_c(bench.source("clock.c"), bench.path("clock"))
    return int(subprocess.run([program], stdout=subprocess.PIPE, check=True).stdout)


class Pair:
    """Both guests with the same memory and the same folder of files to serve."""

    def __init__(self, bench, workspace, name):
        memory_mb = MEMORY_MB[name]
        www = workspace.path("www", name)
        image = workspace.respin("build", name)["path"]
        kernel, folder = linux.kernel(bench)
        address = f"{wire.GUEST}/{wire.NETMASK_BITS}"
        archive = linux.initramfs(bench, "linux-" + name, folder, address, www)
        self.ours = machine.unikernel(bench, image, memory_mb)
        self.theirs = machine.linux(bench, kernel, archive, memory_mb, counter_khz(bench))


def time_boot(guest, probe):
    probe.drain()
    with guest.running() as power_on:
        arp = probe.wait_arp()
        http = probe.wait_http("/index.html")
        return arp - power_on, http - power_on


def measure_boot(pair, probe):
    ours, theirs = harness.in_turns(
        BOOTS, lambda: time_boot(pair.ours, probe), lambda: time_boot(pair.theirs, probe)
    )
    return [
        harness.Figure(name, PEER, [t[i] for t in ours], [t[i] for t in theirs], at_least=30)
        for i, name in enumerate(["power-on to ARP reply", "power-on to HTTP byte"])
    ]


def download(output):
    """Seconds as curl counts them, without its own start."""
    address = f"http://{wire.GUEST}/bulk.bin"
    shown = subprocess.run(
        ["curl", "-sS", "--fail", "-o", output, "-w", "%{time_total}", address],
        stdout=subprocess.PIPE, text=True, check=True,
    )
    return float(shown.stdout)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def time_downloads(guest, probe, original, copy):
    """Of one boot; the first download is compared with what was packed, and doesn't count."""
    probe.drain()
    with guest.running():
        probe.wait_arp()
        probe.wait_http("/")
        download(copy)
        if sha256(copy) != sha256(original):
            raise harness.Wrong(f"{guest.name} sent other bytes than those of {original}")
        return [download("/dev/null") for _ in range(DOWNLOADS)]


def measure_bulk(bench, workspace, pair, probe):
    original, copy = workspace.path("www", BULK, "bulk.bin"), bench.path("bulk.bin")
    ours, theirs = [], []
    for _ in range(BULK_BOOTS):
        ours += time_downloads(pair.ours, probe, original, copy)
        theirs += time_downloads(pair.theirs, probe, original, copy)
    return [harness.Figure("64 MiB over HTTP", PEER, ours, theirs, at_least=1)]


def measure(bench, workspace, bare):
    wire.require_tap()
    small = Pair(bench, workspace, SITE)
    large = Pair(bench, workspace, BULK)
    wire.open_tap()
    probe = wire.Probe()
    return measure_boot(small, probe) + measure_bulk(bench, workspace, large, probe)
