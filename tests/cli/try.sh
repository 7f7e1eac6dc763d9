#!/bin/sh
# respin try: the seven steps on real lwIP, with a patch that works, one that breaks, and bad ones.
. "$(dirname "$0")/../lib.sh"
project
patches=examples/static-site/patches
run_try() {
	run respin --json try static-site --module "$1" --patch "$2" ${3+"$3"}
}
metric() {
	printf '%s' "$out" | python3 -c '
import json, sys
for m in json.load(sys.stdin)["metrics"]:
	if m["check"] == sys.argv[1]: print(m["before"], m["after"]); break' "$1"
}

run_try lwip/tcp.h $patches/initial-window.patch
exits "the larger initial window breaks nothing" 0
is "seven steps" "$(json '["steps"]' | grep -o "'name': '[a-z]*'" | tr -d "\n")" \
	"'name': 'resolve''name': 'fetch''name': 'overlay''name': 'edit''name': 'build''name': 'check''name': 'compare'"
is "segments in the first flight" "$(metric 'segments in the first flight')" "4 10"
is "the patch is named" "$(json '["patches"][0]')" "tcp: start with a congestion window of ten segments"
is "all checks are the same" "$(json '["checks"]' | grep -o "'verdict': '[a-z]*'" | sort -u)" "'verdict': 'same'"
is "only tcp_in.c was compiled" "$(json '["build"]["ran"]' | grep -o "'output': '[^']*'" | tr '\n' ' ')" \
	"'output': 'lwip/src/core/tcp_in.o' 'output': 'lwip.o' 'output': 'static-site' "
page=$(json '["report"]')
ok "the page is there" grep -q '</html>' "$page"
is "one round trip of 40 ms less" "$(printf '%s' "$out" | python3 -c '
import json, sys
for m in json.load(sys.stdin)["metrics"]:
	if m["name"] == "total" and m["check"] == "serves the page":
		print(25 < m["before"] - m["after"] < 55)')" True
is "overlays/ is as it was" "$(ls overlays 2>/dev/null)" ""

run_try tcp_in.c $patches/initial-window.patch
exits "again, by another name" 0
is "nothing runs again" "$(json '["build"]["ran"]')" "[]"

run respin try static-site --module arp.h --patch $patches/arp-wrong-opcode.patch
exits "a patch that breaks ARP" 1
contains "the broken check is named" "$out" "answers ARP"
contains "... as broken" "$out" "broken"
contains "... with what was seen" "$out" "6 broken, 1 the same"

# edited FILE SED-SCRIPT: the diff that editing upstream's file makes (lwIP's lines end with CR LF).
upstream=$(echo .respin/sources/lwip-*)
edited() {
	mkdir -p "a/$(dirname "$1")" "b/$(dirname "$1")"
	cp "$upstream/$1" "a/$1"
	sed "$2" "a/$1" >"b/$1"
	diff -u "a/$1" "b/$1"
}
edited src/core/tcp.c '3s/^/*\/ this is not C \/*/' >compile.patch
run_try lwip compile.patch
exits "a patch that does not compile" 1
contains "... shows the compiler's words" "$err" "src/core/tcp.c:3"
is "... once" "$(echo "$err" | sort | uniq -d | grep 'tcp\.c:3')" ""
sed 's/Transmission/Transmutation/' compile.patch >fuzzy.patch
run_try lwip fuzzy.patch
exits "a patch that does not apply" 1
contains "... names the file" "$err" "src/core/tcp.c"
is "... with its code" "$(printf '%s' "$err" | python3 -c 'import json,sys; print(json.load(sys.stdin)["error"]["code"])')" conflict
run_try lwip fuzzy.patch --keep
exits "... kept" 1
ok "... opens no overlay" test ! -e overlays/lwip
run_try lwip nosuch.patch
exits "a patch that is not there" 2
contains "... is said at once" "$err" "nosuch.patch"
run_try no_such_symbol $patches/initial-window.patch
exits "a module that is not there" 1
run respin try static-site --patch $patches/initial-window.patch
exits "no module named" 2
edited README '1s/^/The /' >readme.patch
run_try lwip readme.patch
exits "a patch that changes nothing that is compiled" 3
contains "... is an error that says so" "$err" "no effect"
finish
