"""QEMU with one guest on the tap: the same machine type, processor and network card for both."""

import contextlib
import subprocess
import time

import wire
from harness import Wrong

QEMU = "qemu-system-x86_64"
COMMON = [
    "-accel", "tcg", "-cpu", "max", "-nodefaults", "-no-user-config", "-display", "none",
    "-no-reboot", "-global", "virtio-mmio.force-legacy=false",
    "-netdev", f"tap,id=n0,ifname={wire.TAP},script=no,downscript=no",
    "-device", f"virtio-net-device,netdev=n0,mac={wire.GUEST_MAC}",
]


class Guest:
    def __init__(self, name, options, console):
        self.name = name
        self.argv = [QEMU, *options, *COMMON, "-serial", f"file:{console}"]
        self.console = console

    @contextlib.contextmanager
    def running(self):
        """Gives the time of power-on, which is before QEMU's own start."""
        power_on = time.monotonic()
        process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL)
        try:
            yield power_on
        except Wrong as error:
            with open(self.console, encoding="utf-8", errors="replace") as file:
                raise Wrong(f"{self.name}: {error}\n{file.read()[-2000:]}") from error
        finally:
            process.kill()
            process.wait()


def unikernel(bench, image, memory_mb):
    options = [
        "-M", "microvm,acpi=off", "-m", str(memory_mb), "-kernel", image,
        "-append", f"ip={wire.GUEST}/{wire.NETMASK_BITS} gateway={wire.HOST}",
    ]
    return Guest("the image", options, bench.path("console-image"))


def linux(bench, kernel, initramfs, memory_mb, tsc_khz):
    """Debian's kernel finds virtio-mmio devices by ACPI only, hence acpi=on; and microvm has no
    timer by which it could measure the time stamp counter, hence tsc_early_khz."""
    options = [
        "-M", "microvm,acpi=on", "-m", str(memory_mb), "-kernel", kernel, "-initrd", initramfs,
        "-append", f"console=ttyS0 quiet panic=-1 tsc_early_khz={tsc_khz}",
    ]
    return Guest("Linux", options, bench.path("console-linux"))
