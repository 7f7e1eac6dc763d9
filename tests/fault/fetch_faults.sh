#!/bin/sh
# respin fetch, killed at each of its system calls in turn, then with each of them failing: what
# stands in its place is whole or is not there, and the next run works.
. "$(dirname "$0")/../lib.sh"
command -v strace >/dev/null || skip_all "there is no strace"
strace -o /dev/null true 2>/dev/null || skip_all "strace can't trace here"
export ASAN_OPTIONS=detect_leaks=0 # the leak finder can't work in what strace traces

mkdir -p recipes/pkg top/sub .respin/downloads
echo 'int a;' >top/a.c
echo 'int b;' >top/sub/b.c
ln -s sub/b.c top/link
tar -czf pkg.tar.gz top
sum=$(sha256sum pkg.tar.gz | cut -d' ' -f1)
place=.respin/sources/pkg-1.0-$(echo "$sum" | cut -c1-12)
echo '{}' >respin.json
printf '{"name": "pkg", "version": "1.0", "license": "ISC",
	"source": [{"url": "http://127.0.0.1:9/pkg.tar.gz", "sha256": "%s"}],
	"build": {"objects": {"sources": ["*.c"]}}}\n' "$sum" >recipes/pkg/recipe.json

whole() {
	diff -r --no-dereference top "$place" >/dev/null
}

# One run with the K-th CALL struck by FAULT. False where there is no K-th one.
strike() {
	rm -rf .respin
	mkdir -p .respin/downloads
	cp pkg.tar.gz ".respin/downloads/$sum"
	status=0
	strace -f -qq -o trace -e trace="$1" -e inject="$1:$2:when=$3" respin -q fetch pkg \
		>out 2>err || status=$?
	grep -q -e INJECTED -e '+++ killed' trace
}

# After any fault: nothing half-done, and the next run that fetches gives the whole and sweeps what
# was left.
check() {
	strikes=$((strikes + 1))
	[ ! -e "$place" ] || whole || echo "$1: half a tree stands in its place"
	[ "$status" -ne 0 ] || whole || echo "$1: no tree, but exit 0"
	rm -rf "$place"
	respin -q fetch pkg >out 2>err || echo "$1: the next run fails: $(cat err)"
	whole || echo "$1: the next run gives something else"
	[ "$(echo .respin/sources/* .respin/sources/.new*)" = "$place .respin/sources/.new*" ] ||
		echo "$1: left: $(ls -A .respin/sources)"
}

calls="mkdir openat rename unlink unlinkat write sendto syncfs fsync socketpair flock chdir"
strikes=0
for call in $calls; do
	k=1
	while strike "$call" signal=KILL $k; do
		check "killed at $call $k" >>killed
		k=$((k + 1))
	done
done
is "killed at any call" "$(cat killed)" ""
ok "... of which there were many ($strikes)" test "$strikes" -gt 40

strikes=0
for call in $calls; do
	k=1
	while strike "$call" error=ENOSPC $k; do
		case $status in
		0 | 127) ;; # not needed, or the loader's
		3) ;;
		*) echo "$call $k: exit status $status: $(cat err)" >>failed ;;
		esac
		check "$call $k: no space" >>failed
		k=$((k + 1))
	done
done
is "with any call failing" "$(cat failed)" ""
ok "... of which there were many ($strikes)" test "$strikes" -gt 40
finish
