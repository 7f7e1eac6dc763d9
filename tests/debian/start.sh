# start.sh - an apt that knows the archive on loopback alone (archive.py), for tests that source this
# behind lib.sh. It is in $archive, and ends with the test; "exec 9>&-" ends it before.
# shellcheck shell=sh
# shellcheck disable=SC2154 # lib.sh sets them

for program in apt-get dpkg-buildpackage bwrap python3 patch; do
	command -v $program >/dev/null || skip_all "needs $program"
done
arch=$(dpkg --print-architecture)
mkfifo stop
python3 "$top/tests/debian/archive.py" archive "$arch" <stop >port 2>archive.log &
exec 9>stop
archive=$scratch/archive
APT_CONFIG=$archive/apt.conf DPKG_ADMINDIR=$archive/dpkg
export APT_CONFIG DPKG_ADMINDIR
for _ in $(seq 100); do
	[ -s port ] && break
	sleep 0.1
done
apt-get -qq update >apt.log 2>&1 || { cat apt.log archive.log >&2; echo "Bail out! apt-get update"; exit 1; }

workspace() { mkdir -p "$1/recipes" && echo '{}' >"$1/respin.json"; }
