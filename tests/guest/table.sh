#!/bin/sh
# The version-controlled table in an image: built by its recipes, it makes the commits that it makes
# on the host.
. "$(dirname "$0")/../lib.sh"

for program in qemu-system-x86_64 "${CC:=cc}"; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
run respin -q -C "$top" fetch nettle
[ "$status" = 0 ] || skip_all "nettle's source can't be had: $err"
project

mkdir -p recipes/table-check
cp "$top/tests/guest/table.c" recipes/table-check/
cat >recipes/table-check/recipe.json <<'END'
{
	"name": "table-check", "version": "1.0.0", "license": "ISC",
	"source": [{ "path": "." }],
	"needs": ["table"],
	"build": { "objects": { "sources": ["table.c"] } },
	"image": { "checks": [{ "name": "heads", "type": "boot", "expect": "guest: head" }] }
}
END
run respin --json build table-check
exits "the image builds" 0
image=$(json '["path"]')

# shellcheck disable=SC2086 # words
ok "so does the program for the host" "$CC" -std=gnu11 -DON_HOST -I"$top/src/unikernel/hash" \
	-I"$top/src/unikernel/table" -o on_host "$top/tests/guest/table.c" \
	"$top"/src/unikernel/hash/*.c "$top"/src/unikernel/table/*.c -lnettle
host=$(./on_host)
contains "which makes commits" "$host" ", 699 entries"
run timeout 60 qemu-system-x86_64 -M microvm,acpi=off -accel tcg -cpu max -m 64 -nodefaults \
	-no-user-config -display none -serial stdio -no-reboot \
	-device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$image"
exits "the image ends well" 33
contains "and makes the same" "$out" "$host"
finish
