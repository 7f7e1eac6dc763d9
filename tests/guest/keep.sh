#!/bin/sh
# Tables on an image's disk: counted up, killed, booted again; and power cuts in QEMU's record of all
# that was written. Nothing that the image called durable is lost.
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/../lib.sh"

for program in qemu-system-x86_64 "${CC:=cc}"; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
run respin -q -C "$top" fetch nettle
[ "$status" = 0 ] || skip_all "nettle's source can't be had: $err"
project

mkdir -p recipes/keep-check
cp "$top/tests/guest/keep.c" recipes/keep-check/
cat >recipes/keep-check/recipe.json <<'END'
{
	"name": "keep-check", "version": "1.0.0", "license": "ISC",
	"source": [{ "path": "." }],
	"needs": ["keep"],
	"build": { "objects": { "sources": ["keep.c"] } },
	"image": { "checks": [{ "name": "restored", "type": "boot", "expect": "guest: restored" }] }
}
END
run respin --json build keep-check
exits "the image builds" 0
image=$(json '["path"]')
unikernel=$top/src/unikernel
# shellcheck disable=SC2086 # words
ok "so does the reader for the host" "$CC" -std=gnu11 -D_GNU_SOURCE -O2 -I"$unikernel/hash" \
	-I"$unikernel/table" -I"$unikernel/disklog" -I"$unikernel/keep" -I"$top/tests/unit" -o kept \
	"$top/tests/guest/kept.c" "$unikernel"/hash/*.c "$unikernel"/table/*.c \
	"$unikernel"/disklog/*.c "$unikernel"/keep/*.c -lnettle -lz

# qemu WORDS BLOCKDEV-JSON: the image with a disk.
qemu() {
	exec qemu-system-x86_64 -M microvm,acpi=off -accel tcg -cpu max -m 64 -nodefaults \
		-no-user-config -display none -serial file:console -no-reboot \
		-global virtio-mmio.force-legacy=false -device isa-debug-exit,iobase=0xf4,iosize=4 \
		-kernel "$image" -append "$1" -blockdev "$2" -device virtio-blk-device,drive=d
}
file='{"node-name": "d", "driver": "file", "filename": "disk.img"}'
# field N of the last console line that begins with $1
last() {
	tr -d '\r' <console | grep "^guest: $1 [0-9]* [0-9]*" | tail -1 | cut -d' ' -f"$2"
}

# Killed at any moment, boot after boot.
truncate -s 4M disk.img
durable=0
commits=0
lost=0
boots=0
for delay in 0.4 0.9 0.5 1.3 0.7 0.6 1.1 0.8; do
	: >console
	(qemu "" "$file") &
	qemu=$!
	for _ in $(seq 20); do
		grep -q "^guest: durable" console && break
		sleep 0.2
	done
	sleep "$delay"
	kill -9 $qemu
	wait $qemu 2>/dev/null
	each=$(last restored 3)
	commit=$(last restored 4)
	[ "${each:-0}" -ge "$durable" ] && [ "${commit:-0}" -ge "$commits" ] || lost=$((lost + 1))
	got=$(last durable 3)
	durable=${got:-$durable}
	got=$(tr -d '\r' <console | grep "^guest: durable [0-9]* [1-9]" | tail -1 | cut -d' ' -f4)
	commits=${got:-$commits}
	boots=$((boots + 1))
	run ./kept state disk.img
	[ "$status" = 0 ] && [ "${out% *}" -ge "$durable" ] && [ "${out#* }" -ge "$commits" ] ||
		lost=$((lost + 1))
done
echo "# $boots boots, up to $durable turns and $commits commits"
is "killed and booted again and again, nothing durable is lost" "$lost" 0
ok "and it has got on" [ "$durable" -gt 100 ]

(qemu "count=50" "$file")
status=$?
exits "at last it ends well" 33
contains "the last boot goes on where it was" "$(cat console)" "guest: durable"
git init -q --bare -b primary repo
ok "the reader finds the history" ./kept repo disk.img commits repo
is "stock git finds it whole" "$(git -C repo fsck --full --strict --no-dangling 2>&1)" ""
is "and its last commit is the last one" "$(git -C repo log -1 --format=%s primary)" \
	"count $(last durable 4)"

# Power cuts: each prefix of the writes, with what was not flushed lost in part.
rm disk.img
truncate -s 4M disk.img
: >log.img
: >console
(qemu "count=400" '{"node-name": "d", "driver": "blklogwrites", "log-sector-size": 512,
	"log-super-update-interval": 1,
	"file": {"driver": "file", "filename": "disk.img"},
	"log": {"driver": "file", "filename": "log.img"}}')
status=$?
exits "an image runs on a disk whose writes are recorded" 33
echo "# $(tr -d '\r' <console | tail -1)"
run ./kept cuts log.img 8192 1 2000 0
exits "after any power cut all is there that a flush had made durable" 0
echo "# $out"
contains "up to the end" "$out" "up to 400 and 400"
run ./kept cuts log.img 8192 1 2000 1
exits "and a disk that is late by one flush would be found out" 1
finish
