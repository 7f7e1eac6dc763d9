"""The peer of our images: a minimal Linux guest, Debian's cloud kernel and busybox's web server."""

import glob
import os
import shutil
import struct
import subprocess

import debian

# In the order in which they must be loaded.
MODULES = ["virtio_ring", "virtio", "virtio_mmio", "failover", "net_failover", "virtio_net"]

INIT = """#!/bin/busybox sh
for module in {modules}; do /bin/busybox insmod /modules/$module.ko; done
/bin/busybox ip address add {address} dev eth0
/bin/busybox ip link set eth0 up
exec /bin/busybox httpd -f -p 80 -h /www
"""


def kernel(bench):
    """The kernel, unpacked: QEMU loads it like our image, which is its fastest way."""
    package = debian.dependency("linux-image-cloud-amd64")
    folder = debian.unpacked(bench, package)
    plain = bench.path("vmlinux")
    with open(glob.glob(folder + "/boot/vmlinuz-*")[0], "rb") as file:
        image = file.read()
    # The boot protocol's header tells where the payload is, relative to the code behind the setup
    # sectors. Its last four bytes are its length when unpacked, the rest is what lz4 made.
    setup_sectors = image[0x1F1]
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    with open(plain, "wb") as file:
        subprocess.run(
            ["lz4", "-dc"], input=image[start : start + length - 4], stdout=file, check=True
        )
    return plain, folder


def find_module(folder, name):
    return glob.glob(f"{folder}/lib/modules/*/kernel/**/{name}.ko", recursive=True)[0]


def initramfs(bench, name, kernel_folder, address, www):
    """An archive with busybox, the network's modules, and the folder WWW to be served."""
    root = bench.path(name)
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root + "/bin")
    os.makedirs(root + "/modules")
    shutil.copy(debian.unpacked(bench, "busybox-static") + "/bin/busybox", root + "/bin")
    for module in MODULES:
        shutil.copy(find_module(kernel_folder, module), root + "/modules")
    shutil.copytree(www, root + "/www")
    with open(root + "/init", "w", encoding="utf-8") as file:
        file.write(INIT.format(modules=" ".join(MODULES), address=address))
    os.chmod(root + "/init", 0o755)
    with open(root + ".cpio", "wb") as archive:
        subprocess.run(
            "find . | cpio --quiet -o -H newc", shell=True, cwd=root, stdout=archive, check=True
        )
    return root + ".cpio"
