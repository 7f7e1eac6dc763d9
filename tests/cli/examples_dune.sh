#!/bin/sh
# The examples that dune builds, as their READMEs have them: a patched library takes the released
# one's place, what depends on it is rebuilt, both images are booted, and the difference is told.
. "$(dirname "$0")/../lib.sh"
unset OCAMLPATH OPAM_SWITCH_PREFIX OPAMROOT OPAMSWITCH

# example NAME: a copy of it, to work in.
example() {
	cp -R "$top/examples/$1" "$scratch/$1"
	cd "$scratch/$1" || exit 1
	find . -name .respin -prune -o -print >"$scratch/before"
}
# shellcheck disable=SC2317 # ok calls it
untouched() {
	find . -name .respin -prune -o -print | diff "$scratch/before" - >&2
}
# checks SIDE: how the checks came out on it.
checks() {
	printf '%s' "$out" | python3 -c "
import json, sys
print(*[c['$1'] for c in json.load(sys.stdin)['checks']])"
}

left_out() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

lwt_site() {
	run respin -q -C "$top/examples/lwt-site" fetch lwt
	[ "$status" = 0 ] || { left_out "lwt-site" "the source of Lwt can't be had: $err"; return; }
	example lwt-site
	run respin --json check lwt-site
	exits "lwt-site: as Lwt is, it loses answers" 1
	contains "... which a check names" "$out" "Empty reply from server"
	run respin --json try lwt-site --module Lwt_io --patch patches/close-output-first.patch
	exits "with the patch it does not" 0
	is "... before" "$(checks before)" "pass pass pass fail fail fail fail fail"
	is "... and after" "$(checks after)" "pass pass pass pass pass pass pass pass"
	contains "the patched library is built" "$out" "lwt_io.{cmx,o}"
	is "its edit is all that is built for it" "$(printf '%s' "$out" | python3 -c '
import json, sys
ran = json.load(sys.stdin)["build"]["ran"]
print(len(ran) < 15, ran[0]["reason"])')" "True src/unix/lwt_io.ml changed"
	is "and all that differs from the image without it" "$(printf '%s' "$out" | python3 -c '
import json, sys
print([s for s in json.load(sys.stdin)["image_diff"]["symbols"] if not s["name"].startswith("camlLwt_io__")])')" "[]"
	rm -rf .respin/dune .respin/reports
	ok "nothing of the user's has changed" untouched
}

mirage_site() {
	[ -n "${RESPIN_MIRAGE-}" ] || { left_out "mirage-site" "RESPIN_MIRAGE names no folder with MirageOS"; return; }
	example mirage-site
	cp -R "$RESPIN_MIRAGE/site-lock/duniverse" .
	# shellcheck disable=SC1091 # of that folder
	(. "$RESPIN_MIRAGE/env.sh" && mirage configure -t unix) >configure.out 2>&1 ||
		{ cat configure.out >&2; echo "Bail out! mirage configure fails"; exit 1; }
	PATH=$RESPIN_MIRAGE/tools/bin:$PATH
	OCAMLFIND_CONF=$RESPIN_MIRAGE/tools/etc/findlib.conf
	export PATH OCAMLFIND_CONF
	find . -name .respin -prune -o -print >"$scratch/before"
	run respin --json try site --module Tcp.Window --patch patches/initial-window.patch
	exits "mirage-site: a larger window breaks nothing" 0
	is "... of eight checks" "$(checks after)" "pass pass pass pass pass pass pass pass"
	is "the first flight was few segments and is ten" "$(printf '%s' "$out" | python3 -c '
import json, sys
for m in json.load(sys.stdin)["metrics"]:
	if m["unit"] == "packets" and m["check"].startswith("segments"):
		print(m["before"] < 6, m["after"])')" "True 10"
	is "twelve programs ran for it" "$(printf '%s' "$out" | python3 -c '
import json, sys
print(len(json.load(sys.stdin)["build"]["ran"]))')" 12
	ok "nothing of the user's has changed" untouched
	# shellcheck disable=SC1091 # of that folder
	(. "$RESPIN_MIRAGE/env.sh" && dune build --profile release --root . ./dist) >dune.out 2>&1
	rm configure.out dune.out
	is "git sees the example's own files alone" \
		"$(git init -q . && git status --porcelain -uall | sed 's/^?? //')" \
		"$(cd "$top/examples/mirage-site" && git ls-files)"
}

lwt_site
mirage_site
finish
