#!/bin/sh
# respin resolve in real MirageOS projects: with a duniverse, without one but with its lock file, as a
# plain dune workspace, and on a switch of opam's. RESPIN_MIRAGE is the folder that holds them.
# shellcheck disable=SC2154 # $out and $status are lib.sh's
. "$(dirname "$0")/../lib.sh"
[ -n "${RESPIN_MIRAGE-}" ] || skip_all "RESPIN_MIRAGE names no folder with MirageOS projects"
[ -e "$RESPIN_MIRAGE/env.sh" ] || skip_all "$RESPIN_MIRAGE has no env.sh"
# shellcheck disable=SC1091 # is theirs
. "$RESPIN_MIRAGE/env.sh"
export XDG_CACHE_HOME="$scratch/cache" OPAMROOT="$scratch/no-opam"
unset OCAMLPATH

copy() {
	mkdir "$1"
	(cd "$RESPIN_MIRAGE/$1" && tar --exclude=_build --exclude=.respin -cf - .) | tar -C "$1" -xf -
	cd "$1" || exit 1
}
# first WHAT NAME EXPECTED: "library package version file" of the best candidate.
first() {
	run respin --json resolve "$2"
	is "$1" "$(printf '%s' "$out" | python3 -c '
import json, sys
k = json.load(sys.stdin)["candidates"][0]
print(*(k[part] or "-" for part in ("library", "package", "version", "file")))' 2>&1)" "$3"
}
list() {
	json "[\"candidates\"][0][\"$1\"]" | tr -d "[]',"
}
tcp=duniverse/mirage-tcpip/src

# ---- with a duniverse -----------------------------------------------------------------------------

copy site
# Where and what everything is, but for what respin keeps of its own.
users() {
	find . -path ./.respin -prune -o -printf '%p %y %T@ %s\n' | grep -v '^\. ' | sort
}
before=$(users)
first "a wrapped module" Tcp.Flow "tcpip.tcp tcpip 9.0.1 $tcp/tcp/flow.ml"
is "... in which image" "$(list images)" site
is "... who depends on it" "$(list dependents)" tcpip.stack-direct
is "... in which unit" "$(list unit)" mirage-tcpip
contains "... its source, by the lock file" "$(list source)" "vendored in duniverse/mirage-tcpip"
run respin resolve Tcp.Flow.connect
contains "a value of a functor's result: its module is near" "$out" "near misses  Tcp.Flow
"
first "a module of an unwrapped library" Tcpip_stack_direct \
	"tcpip.stack-direct tcpip 9.0.1 $tcp/stack-direct/tcpip_stack_direct.ml"
first "a module within a module" Ipaddr.V4 "ipaddr ipaddr 5.6.1 duniverse/ocaml-ipaddr/lib/ipaddr.ml"
first "a module of another wrapper" Tcpip.Tcp "tcpip tcpip 9.0.1 $tcp/core/tcp.ml"
first "a functor" Tcp.Flow.Make "tcpip.tcp tcpip 9.0.1 $tcp/tcp/flow.ml"
first "a library" tcpip.tcp "tcpip.tcp tcpip 9.0.1 $tcp/tcp/dune"
first "a package" tcpip "- tcpip 9.0.1 duniverse/mirage-tcpip/tcpip.opam"
is "... its image" "$(list images)" site
first "a repository's folder" mirage-tcpip "- mirage-tcpip - -"
first "a virtual module" Mirage_sleep \
	"mirage-sleep mirage-sleep 4.1.0 duniverse/mirage-sleep/src/mirage_sleep.mli"
is "... who implements it" "$(list implementations)" "mirage-sleep.solo5 mirage-sleep.unix"
contains "... and who does in the image" "$(list evidence)" \
	"in site mirage-sleep.unix implements it"
contains "each is found, and the one in the image first" "$(json '["candidates"][1]["library"]')" \
	mirage-sleep.unix
first "C beside modules" checksum_stubs.c \
	"tcpip.checksum tcpip 9.0.1 duniverse/mirage-tcpip/src/tcpip_checksum/checksum_stubs.c"
first "a function in C" mirage_tcpip_ones_complement_checksum \
	"tcpip.checksum tcpip 9.0.1 duniverse/mirage-tcpip/src/tcpip_checksum/checksum_stubs.c"
is "... its line" "$(list line)" 72
first "... in a folder below" mc_aes_enc_generic \
	"mirage-crypto mirage-crypto 2.0.3 duniverse/mirage-crypto/src/native/aes_generic.c"
first "... from where files are copied" lwt_unix_read \
	"lwt.unix lwt 5.9.3 duniverse/lwt/src/unix/unix_c/unix_read.c"
first "the unikernel's own module" Unikernel "- site - unikernel.ml"
first "an image" site "- site - dune.build"
first "... by what dune makes" dist/site "- site - dune.build"
first "an old name of a library" mtime.clock.os \
	"mtime.clock mtime 2.1.0+dune duniverse/mtime/src/clock/dune"
contains "what is read is confirmed" "$out" "confirmed by dune"
run respin --json resolve Netif
is "of rivals, the one that the image links is first" "$(list images)" site
is "nothing of the user's was changed" "$(users)" "$before"

exe=$RESPIN_MIRAGE/site/_build/default/main.exe
if [ -e "$exe" ]; then
	address=$(nm "$exe" | sed -n 's/^\([0-9a-f]*\) [Tt] camlTcp__Window__ack_seq_[0-9]*$/0x\1/p')
	run respin --json resolve --image "$exe" "$address"
	is "an address: its library" "$(list library)" tcpip.tcp
	is "... and file" "$(list file)" $tcp/tcp/window.ml
	is "... in the project" "$(list unit)" mirage-tcpip
fi
cd ..

# ---- not pulled -----------------------------------------------------------------------------------

cp -R site unpulled
rm -r unpulled/duniverse
cd unpulled || exit 1
run respin -q resolve zlib.h.no
ok "a header fetches nothing" test ! -e .respin/sources
first "a module is found by the lock file" Tcp.Flow "tcpip.tcp tcpip 9.0.1 src/tcp/flow.ml"
is "... in one fetch" "$(find .respin/sources -mindepth 1 -maxdepth 1 | grep -vc /mirage-tcpip-)" 0
is "... and world" "$(list world)" lock
first "a library" arp.mirage "arp.mirage arp 4.0.0 mirage/dune"
cd ..

# ---- plain dune, and a switch ---------------------------------------------------------------------

copy plain
first "a plain dune workspace" Tcp.Flow "tcpip.tcp tcpip - vendor/mirage-tcpip/src/tcp/flow.ml"
is "... its image" "$(list images)" plain
is "... its unit" "$(list unit)" mirage-tcpip
first "its image, by what dune makes" bin/main.exe "- plain - bin/dune"
cd ..
if [ -d "$RESPIN_MIRAGE/opamroot2/sw/lib/tcpip" ]; then
	copy site-switch
	export OPAMROOT="$RESPIN_MIRAGE/opamroot2" OPAMSWITCH=sw
	unset OCAMLFIND_CONF
	run respin --json resolve Tcp.Flow
	is "a library of the switch that is named is the project's own" \
		"$(list library) $(list package)" "tcpip.tcp tcpip"
	contains "... confirmed by dune, which uses the same switch" "$out" "confirmed by dune"
	is "... in the unit that an overlay replaces" "$(list unit)" mirage-tcpip
	is "... its image" "$(list images)" site
	contains "... its source" "$(list source)" "installed in the switch"
	OCAMLPATH="$RESPIN_MIRAGE/opamroot2/sw/lib:/usr/lib/ocaml" run respin --json resolve Tcp.Flow
	is "... and with its folder in OCAMLPATH" "$(list library) $(list unit)" "tcpip.tcp mirage-tcpip"
	unset OPAMROOT OPAMSWITCH
	OCAMLPATH="$RESPIN_MIRAGE/opamroot2/sw/lib:/usr/lib/ocaml" run respin --json resolve Tcp.Flow
	is "... and with nothing but that" "$(list library) $(list unit)" "tcpip.tcp mirage-tcpip"
	OCAMLPATH="$RESPIN_MIRAGE/opamroot2/sw/lib:/usr/lib/ocaml" run respin --json resolve mirage_tcpip_ones_complement_checksum
	is "... a function in C" "$(list library) $(list unit)" "tcpip.checksum mirage-tcpip"
	cd ..
fi
finish
