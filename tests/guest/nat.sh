#!/bin/sh
# The NAT gateway between real Linux hosts: the example's checks, and those of other settings.
. "$(dirname "$0")/../lib.sh"

gateway=$top/examples/nat-gateway
respin -C "$gateway" build nat-gateway >build.out 2>&1 ||
	{ cat build.out >&2; echo "Bail out! the example's image does not build"; exit 1; }
cp -R "$gateway/.respin" .respin
rm -rf .respin/runs
echo "{\"recipes\": [\"recipes\", \"$top/recipes\", \"$gateway/recipes\"]}" >respin.json
mkdir -p recipes/small
hosts=$gateway/recipes/nat-gateway/checks/hosts.py

run respin check nat-gateway
exits "the example's checks" 0

# gateway WORDS OUTSIDE PROGRAM...: checks an image with WORDS on its command line and the address
# OUTSIDE by a program that speaks TAP.
gateway() {
	words=$1
	outside=$2
	shift 2
	program=$(printf ', "%s"' "$@")
	cat >recipes/small/recipe.json <<-END
		{ "name": "small", "version": "1", "license": "ISC", "needs": ["gateway"],
		  "image": {
			"boot": { "memory_mb": 96, "command_line": "$words" },
			"networks": [{ "address": "$outside" },
				{ "address": "${inside:-192.168.1.1/24}", "host_gateway": true }],
			"checks": [
				{ "name": "boots", "type": "boot", "expect": "respin: ready" },
				{ "name": "hosts", "type": "command", "at": 1, "tap": true,
				  "timeout_ms": 120000, "run": [${program#, }] }] } }
	END
	run respin check small
}

forwards=nat.forward=tcp:8080:192.168.1.2:80,udp:5353:192.168.1.2:53
gateway "$forwards nat.history.seconds=1 nat.history.bytes=65536" 203.0.113.2/24 "$hosts" tcp udp ping forward hairpin filtered checksums
exits "with hardly any history" 0
gateway "$forwards" dhcp "$hosts" tcp udp ping forward hairpin checksums
exits "with an outside address by DHCP" 0
gateway "nat.ports=2000-2009" 203.0.113.2/24 "$top/tests/guest/nat_limits.py" "$hosts" exhausts
exits "with ten ports" 0
gateway "nat.entries=10" 203.0.113.2/24 "$top/tests/guest/nat_limits.py" "$hosts" exhausts
exits "with room for ten mappings" 0
gateway "nat.udp=2" 203.0.113.2/24 "$top/tests/guest/nat_limits.py" "$hosts" expires
exits "with short timers" 0
contains "... which it says" "$(cat .respin/runs/*/console.txt)" "nat.udp=2 is shorter than the 120 seconds"
gateway "nat.mtu=1400" 203.0.113.2/24 "$top/tests/guest/nat_limits.py" "$hosts" path_mtu
exits "with a link that carries less" 0

# A clone from before the first mapping.
gateway "git.port=9418 nat.read=open" 203.0.113.2/24 python3 "$top/tests/guest/nat_clone.py"
exits "a clone of an empty table follows it" 0

# refuses WORDS TEXT: the image does not start, and says why.
refuses() {
	rm -rf .respin/runs
	gateway "$1" 203.0.113.2/24 true
	exits "'$1' does not start" 1
	contains "... and says why" "$(cat .respin/runs/*/console.txt)" "respin: refused: $2"
}

inside=dhcp
refuses "nat.udp=300" "ip1=dhcp: expected ADDRESS/BITS of a host"
refuses "arp.probe=yes" "ip1=dhcp: expected ADDRESS/BITS of a host"
inside=
refuses "arp.probe=yes" "arp.probe=yes: a gateway has its inside address from the start"
refuses "nat.forward=tcp:8080" "nat.forward=tcp:8080: expected one like tcp:8080:192.168.1.10:80"
refuses "nat.forward=tcp:80:10.0.0.1:80" \
	"nat.forward=tcp:80:10.0.0.1:80: the target is no host of the inside network"
refuses "nat.forward=udp:68:192.168.1.2:68" "nat.forward=udp:68:192.168.1.2:68: the port is our own"
refuses "nat.ports=5-4" "nat.ports=5-4: expected ports like 1024-49151"
refuses "nat.mtu=9000" "nat.mtu=9000: expected 68 to 1500"
refuses "nat.open=80" "nat.open=80: expected one like tcp:80"
refuses "nat.history.seconds=0" "nat.history.seconds=0: expected 1 to 31536000"
refuses "nat.entries=0" "nat.entries=0: expected 1 to 196608"
refuses "nat.tcp=0" "nat.tcp=0: expected 1 to 4294967295 seconds"
finish
