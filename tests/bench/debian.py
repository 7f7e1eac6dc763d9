"""Files of Debian packages that are not installed: downloaded and unpacked into the scratch folder,
so that the machine stays as it is."""

import glob
import os
import subprocess

from harness import Unavailable


def dependency(package):
    """The package that PACKAGE, a metapackage with one dependency, stands for."""
    shown = subprocess.run(
        ["apt-cache", "depends", "--important", package], stdout=subprocess.PIPE, text=True
    )
    for line in shown.stdout.splitlines():
        kind, _, name = line.strip().partition(": ")
        if kind == "Depends":
            return name
    raise Unavailable(f"apt knows no dependency of {package}; without an index: apt-get update")


def unpacked(bench, package):
    """The folder that holds the package's files; kept from run to run."""
    folder = bench.path("debian", package)
    if os.path.isdir(folder):
        return folder
    downloads = bench.path("debian", "downloads")
    os.makedirs(downloads, exist_ok=True)
    got = subprocess.run(
        ["apt-get", "download", "-qq", package], cwd=downloads, stderr=subprocess.PIPE, text=True
    )
    if got.returncode:
        raise Unavailable(f"Debian's package {package} can't be downloaded: {got.stderr.strip()}")
    archive = max(glob.glob(os.path.join(downloads, package + "_*.deb")), key=os.path.getmtime)
    subprocess.run(["dpkg-deb", "-x", archive, folder + ".new"], check=True)
    os.rename(folder + ".new", folder)
    return folder
