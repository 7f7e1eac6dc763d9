#!/bin/sh
# Are an image's initial sequence numbers hard to predict? As nmap judges: SP is 8 times the binary
# logarithm of how far its forecasts are off, plain lwIP has 17, Linux some 260.
. "$(dirname "$0")/../lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root: network namespaces and tap interfaces"
for program in ip nmap qemu-system-x86_64; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
[ -c /dev/net/tun ] || skip_all "there is no /dev/net/tun"
respin -C "$top/examples/static-site" --json build static-site >build.json 2>build.err ||
	{ cat build.err >&2; echo "Bail out! the image does not build"; exit 1; }
image=$(sed -n 's/.*"path": *"\([^"]*\)".*/\1/p' build.json | head -1)

space=respin-isn-$$
ip netns add "$space" || skip_all "no network namespaces"
trap 'ip netns pids "$space" | xargs -r kill -KILL; ip netns del "$space"; rm -rf "$scratch"' EXIT
inside() {
	ip netns exec "$space" "$@"
}
inside sysctl -qw net.ipv6.conf.all.disable_ipv6=1
inside ip link set lo up
inside ip tuntap add tap0 mode tap
inside ip address add 10.77.0.1/24 dev tap0
inside ip link set tap0 up
inside qemu-system-x86_64 -M microvm,acpi=off -accel tcg -cpu max -m 64 -nodefaults \
	-global virtio-mmio.force-legacy=false -no-user-config -display none -serial file:console.txt \
	-no-reboot -netdev tap,id=n0,ifname=tap0,script=no,downscript=no -kernel "$image" \
	-append ip=10.77.0.2/24 -device virtio-net-device,netdev=n0 \
	-device isa-debug-exit,iobase=0xf4,iosize=4 >qemu.txt 2>&1 </dev/null &
for _ in $(seq 400); do
	grep -q -F "respin: ready" console.txt 2>/dev/null && break
	sleep 0.05
done
contains "the image is ready" "$(cat console.txt qemu.txt)" "respin: ready 10.77.0.2"
run timeout 240 ip netns exec "$space" nmap -n -Pn -O -p 80,81 -oX nmap.xml 10.77.0.2
exits "nmap looks at it" 0
sp=$(sed -n 's/.*<tcpsequence index="\([0-9]*\)".*/\1/p' nmap.xml)
echo "# nmap: SP=$sp"
ok "nmap judges the sequence numbers at SP >= 240" [ "${sp:-0}" -ge 240 ]
finish
