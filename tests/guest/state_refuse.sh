#!/bin/sh
# What an image does not start with: rights without a token, tokens that are none, paths that match
# nothing. And what strangers may not do to its console: fill it.
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/../lib.sh"

for program in qemu-system-x86_64 git curl python3; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
seeded_image
example=$(respin -C "$top/examples/arp-nodes" --json build arp-nodes | sed -n 's/.*"path": *"\([^"]*\)".*/\1/p' | head -1)
port=$((20000 + $$ % 12000)) # below those that the system gives out
machine=
stop() {
	[ -n "$machine" ] || return 0
	kill -KILL "$machine" 2>/dev/null
	wait "$machine" 2>/dev/null
	machine=
}
trap 'stop; chmod -R u+rwX "$scratch"; rm -rf "$scratch"' EXIT

# boot IMAGE WORDS
boot() {
	stop
	: >console.txt
	qemu-system-x86_64 -M microvm,acpi=off -accel tcg -cpu max -m 96 -nodefaults \
		-global virtio-mmio.force-legacy=false -no-user-config -display none \
		-serial file:console.txt -no-reboot -kernel "$1" -append "ip=10.77.0.2/24 $2" \
		-netdev "user,id=n0,restrict=on,net=10.77.0.0/24,host=10.77.0.1,hostfwd=tcp:127.0.0.1:$port-10.77.0.2:80" \
		-device virtio-net-device,netdev=n0 -device isa-debug-exit,iobase=0xf4,iosize=4 \
		>qemu.txt 2>&1 </dev/null &
	machine=$!
}
says() {
	for _ in $(seq 400); do
		grep -q -F -- "$1" console.txt && return 0
		sleep 0.05
	done
	cat qemu.txt console.txt
	return 1
}
# ends: the machine does so by itself, within ten seconds; sets $status.
ends() {
	for _ in $(seq 200); do
		kill -0 "$machine" 2>/dev/null || break
		sleep 0.05
	done
	if kill -KILL "$machine" 2>/dev/null; then
		status=running
	else
		status=0
		wait "$machine" || status=$?
	fi
	machine=
}
# refuses WORDS TEXT [IMAGE]
refuses() {
	boot "${3:-$image}" "$1"
	ends
	ok "'$1' does not start" [ "$status" != running ] && [ "$status" != 0 ]
	is "... says so in one line" "$(grep -c '^respin: refused: ' console.txt)" 1
	contains "... which is why" "$(tr -d '\r' <console.txt)" "$2"
	lacks "... and never was ready" "$(cat console.txt)" "respin: ready"
}
token=refuse.0123456789abcdefghij
none="of at least 22 letters, digits"

refuses "git.port=80 arp.write=" "refused: arp.write=: expected a token $none"
refuses "git.port=80 arp.write=open" "refused: arp.write=: expected a token $none"
refuses "git.port=80 arp.write=only-21-characters-ab" "refused: arp.write=: expected a token $none"
lacks "... without the token" "$(cat console.txt)" "only-21"
refuses "git.port=80 arp.write=$token%2f" "refused: arp.write=: expected a token $none"
refuses "git.port=80 arp.read=" "refused: arp.read=: expected open, or a token $none"
refuses "git.port=80 arp.read=closed" "refused: arp.read=: expected open, or a token $none"
refuses "git.port=80 tcp.write=$token" "refused: tcp.write=: nobody but the image changes this store" "$example"
refuses "git.port=80 tcp.write=" "refused: tcp.write=: nobody but the image changes this store" "$example"
for path in /x /arp/ arp nat/ arp/nobody arp/../nat/ arp//en1/ ''; do
	refuses "git.port=80 arp.write=$token arp.write.paths=$path" "expected a folder like arp/, or an entry's path"
done
refuses "git.port=80 arp.write=$token arp.write.paths=$(seq -s , -f 'arp/10.0.0.%g' 17)" "more than 16 paths"
refuses "git.port=65536" "refused: git.port=65536: expected a port"
refuses "git.port=http" "refused: git.port=http: expected a decimal number"
refuses "git.port=-1" "refused: git.port=-1: expected a decimal number"
refuses "git.port=" "refused: git.port=: expected a decimal number"
refuses "git.port=80 arp.entries=0" "refused: arp.entries=0: expected"
refuses "git.port=80 arp.history.bytes=1" "refused: arp.history.bytes=1: expected"

# Closed is what was not opened.
boot "$example" "git.port=80 payload.read=open machine.read=open"
ok "an image that opens nothing starts" says "respin: ready"
contains "and says what it does not know" "$(cat console.txt)" "unknown option ignored: payload.read"
asked() {
	curl -s -m 10 -o body -w '%{http_code}' "http://127.0.0.1:$port/$1"
}
is "bytes under way are never served" "$(asked "payload.git/info/refs?service=git-upload-pack")" 404
is "nor the machine's secret" "$(asked "machine.git/info/refs?service=git-upload-pack")" 404
for store in arp tcp; do
	is "$store is closed" "$(asked "$store.git/info/refs?service=git-upload-pack")" 403
	is "... to pushes, too" "$(asked "$store.git/info/refs?service=git-receive-pack")" 403
done
boot "$example" "tcp.read=open arp.read=open"
ok "without git.port nothing listens" says "respin: ready"
is "..." "$(asked "arp.git/info/refs?service=git-upload-pack")" 000

# Ten lines a second, and how many there would have been.
boot "$image" "git.port=80 arp.read=$token"
ok "an image with a token starts" says "respin: ready"
from=$(date +%s%N)
python3 - "$port" <<'END2'
import http.client, sys
c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=10)
for i in range(300):
    c.request("GET", "/arp.git/info/refs?service=git-upload-pack",
              headers={"Authorization": "Bearer wrong.0123456789abcdefghij"})
    assert c.getresponse().read()
END2
sleep 1.1
asked "arp.git/info/refs?service=git-upload-pack" >/dev/null
curl -s -o body -H "Authorization: Bearer $token.not" "http://127.0.0.1:$port/arp.git/info/refs?service=git-upload-pack"
ok "what was left out is counted" says "lines left out"
took=$((($(date +%s%N) - from) / 1000000000 + 1))
denied=$(grep -c ': denied: ' console.txt)
left=$(sed -n 's/.*git: \([0-9]*\) lines left out.*/\1/p' console.txt | awk '{ n += $1 } END { print n + 0 }')
echo "# $denied lines, $left left out, in $took seconds"
ok "a stranger fills ten lines a second, not more" [ "$denied" -le $((10 * (took + 1))) ]
is "no denial is forgotten" $((denied + left)) 301
lacks "nor told with the token that was shown" "$(cat console.txt)" "wrong.0123"
finish
