#!/bin/sh
# respin overlay add of a Debian package without a recipe, killed at its system calls in turn, then
# with them failing: what is left is no overlay or a whole one, and the next run makes it whole. A
# build that is killed leaves nothing that the next one stumbles over.
. "$(dirname "$0")/../lib.sh"
command -v strace >/dev/null || skip_all "there is no strace"
strace -o /dev/null true 2>/dev/null || skip_all "strace can't trace here"
# shellcheck source=../debian/start
. "$top/tests/debian/start"
export ASAN_OPTIONS=detect_leaks=0 # the leak finder can't work in what strace traces

workspace first
respin -q -C first overlay add demo >/dev/null
src=overlays/demo/src
base=$(git -C first/$src rev-parse upstream)

# One run with the K-th CALL of respin's own struck by FAULT, the source on disk or not. False where
# there is no K-th one.
strike() {
	rm -rf w
	workspace w
	mkdir w/.respin
	cp -r first/.respin/downloads w/.respin/
	[ $(($3 % 2)) = 0 ] || cp -r first/.respin/sources w/.respin/
	status=0
	strace -qq -o trace -e trace="$1" -e inject="$1:$2:when=$3" respin -q -C w overlay add demo \
		>out 2>err || status=$?
	grep -q -e INJECTED -e '+++ killed' trace
}

check() {
	strikes=$((strikes + 1))
	[ "$status" -ne 0 ] || [ -d w/$src ] || echo "$1: no tree, but exit 0"
	[ ! -d w/$src ] || [ "$(git -C w/$src rev-parse upstream)" = "$base" ] || echo "$1: another base"
	[ "$status" != 3 ] || [ ! -e w/overlays/demo/recipe.json ] || [ -e w/overlays/demo/overlay.json ] ||
		echo "$1: a recipe without an overlay is left"
	respin -q -C w overlay add demo >out 2>err || echo "$1: the next run fails: $(cat err)"
	[ "$(git -C w/$src rev-parse upstream HEAD)" = "$base
$base" ] || echo "$1: the next run gives something else"
	[ -z "$(git -C w/$src status --porcelain)" ] || echo "$1: the tree is not clean"
	left=$(ls -A w/overlays/demo)
	[ "$left" = "overlay.json
recipe.json
src" ] || echo "$1: left: $left"
}

# Calls that there are many of are struck here and there.
calls="mkdir:1 rename:1 symlink:1 unlink:5 unlinkat:5 write:9 syncfs:1 fsync:1 linkat:1"
strikes=0
for call in $calls; do
	k=1
	while strike "${call%:*}" signal=KILL $k; do
		check "killed at $call $k" >>killed
		k=$((k + ${call#*:}))
	done
done
is "killed at any call" "$(cat killed)" ""
ok "... of which there were many ($strikes)" test "$strikes" -gt 20

strikes=0
for call in $calls; do
	k=1
	while strike "${call%:*}" error=ENOSPC $k; do
		case $status in
		0 | 3) ;;
		*) echo "$call $k: exit status $status: $(cat err)" >>full ;;
		esac
		check "$call $k: no space" >>full
		k=$((k + ${call#*:}))
	done
done
is "with any call failing" "$(cat full)" ""
ok "... of which there were many ($strikes)" test "$strikes" -gt 20

# ---- builds ----

respin -q -C first build demo >expected
for wait in 0.02 0.1 0.3 0.6 1; do
	rm -rf w
	cp -r first w
	rm -rf w/.respin/store w/.respin/debian w/.respin/builds w/.respin/last
	respin -q -C w build demo >out 2>err &
	pid=$!
	sleep $wait
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	respin -q -C w build demo >out 2>err || echo "killed after $wait s: $(cat err)" >>rebuilt
	[ "$(sed -n '1s/.*\/debian\///p' out)" = "$(sed -n '1s/.*\/debian\///p' expected)" ] ||
		echo "killed after $wait s: another result" >>rebuilt
	[ ! -e w/.respin/tmp ] || echo "killed after $wait s: left: $(ls w/.respin/tmp)" >>rebuilt
done
touch rebuilt
is "a build that is killed is made good by the next" "$(cat rebuilt)" ""
exec 9>&-
finish
