#!/bin/sh
# What nmap makes of the site's sequence numbers: SP, eight times the binary logarithm of how far six
# of them in a row deviate from a steady rate. A counter has less than 20, chance some 260.
. "$(dirname "$0")/../lib.sh"

for program in qemu-system-x86_64 nmap ip unshare; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
unshare -n ip tuntap add dev tap0 mode tap 2>/dev/null || skip_all "no tap in a network of our own"
respin -C "$top/examples/static-site" --json build static-site >build.json 2>build.err ||
	{ cat build.err >&2; echo "Bail out! the image does not build"; exit 1; }
image=$(sed -n 's/.*"path": *"\([^"]*\)".*/\1/p' build.json | head -1)

# In a network namespace of its own: boots the image and asks nmap, up to three times: one in a
# thousand rows of six random numbers is steady enough to fail. A generator that can be told from
# chance fails each time.
cat >ask.sh <<-'EOF'
	ip link set lo up
	ip tuntap add dev tap0 mode tap
	ip addr add 10.77.0.1/24 dev tap0
	ip link set tap0 up
	qemu-system-x86_64 -M microvm,acpi=off -accel tcg -cpu max -m 64 -nodefaults \
		-global virtio-mmio.force-legacy=false -no-user-config -display none -no-reboot \
		-serial file:console.txt -netdev tap,id=n0,ifname=tap0,script=no,downscript=no \
		-device virtio-net-device,netdev=n0 -kernel "$1" -append ip=10.77.0.2/24 &
	machine=$!
	trap 'kill -KILL "$machine"' EXIT
	for _ in $(seq 200); do
		grep -q 'respin: ready' console.txt && break
		sleep 0.05
	done
	for _ in 1 2 3; do
		nmap -n -Pn -O -v --max-os-tries 1 -p 80,81 10.77.0.2 >nmap.txt 2>&1
		tr -d '\n' <nmap.txt | sed 's/OS://g' | grep -o 'SEQ([^)]*)' >seq.txt
		grep -q 'SP=\(F[0-9A-F]\|1[0-9A-F][0-9A-F]\)%GCD=[1-6]%' seq.txt && break
	done
	cat seq.txt
EOF
seq=$(timeout 120 unshare -n sh ask.sh "$image" 2>/dev/null)
sp=$(echo "$seq" | sed -n 's/.*[(%]SP=\([0-9A-F]*\).*/\1/p')
ok "nmap sees sequence numbers: $seq" [ -n "$sp" ]
ok "which are as good as chance" [ "$((0x${sp:-0}))" -ge 240 ]
ok "with no step in common" [ "$(echo "$seq" | grep -c 'GCD=[1-6]%')" -eq 1 ]
finish
