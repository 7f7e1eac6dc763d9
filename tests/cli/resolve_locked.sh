#!/bin/sh
# respin resolve in sources that only a lock file names, by each kind of address and checksum.
# shellcheck disable=SC2154 # $out, $err and $status are lib.sh's
. "$(dirname "$0")/../lib.sh"
export PATH="$RESPIN_BUILD:/usr/bin:/bin" OCAMLFIND_CONF=/etc/ocamlfind.conf
export OPAMROOT="$scratch/root" DPKG_ROOT="$scratch/system" XDG_CACHE_HOME="$scratch/cache"
unset OCAMLPATH OPAM_SWITCH_PREFIX OPAMSWITCH DPKG_ADMINDIR

mkdir -p upstream/src app served
echo '(lang dune 2.9)' | tee upstream/dune-project >app/dune-project
touch upstream/remote.opam
echo '(library (name remote) (public_name remote.core))' >upstream/src/dune
echo 'let x = 1' >upstream/src/part.ml
tar -czf served/remote.tgz upstream
python3 - >port <<'E' &
import functools, http.server
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="served")
handler.func.log_message = lambda *args: None
server = http.server.HTTPServer(("127.0.0.1", 0), handler)
print(server.server_port, flush=True)
server.serve_forever()
E
server=$!
trap 'kill $server; rm -rf "$scratch"' EXIT
while [ ! -s port ] && kill -0 $server; do sleep 0.1; done
web=http://127.0.0.1:$(cat port)/remote.tgz
sum() {
	"$1sum" <"$scratch/served/remote.tgz" | cut -d' ' -f1
}
cd app || exit 1

# ask URL CHECKSUM...: where a module is, whose source is locked there.
ask() {
	url=$1
	shift
	sums=$(printf '"%s" ' "$@")
	rm -rf .respin
	cat >app.opam.locked <<-E
	opam-version: "2.0"
	depends: [ "remote" {= "4.2" & ?vendor} ]
	pin-depends: [ ["remote.4.2" "$url"] ]
	x-opam-monorepo-duniverse-dirs: [ ["$url" "remote" [$sums]] ]
	E
	run respin resolve Remote.Part
}
# finds WHAT URL CHECKSUM...
finds() {
	what=$1
	shift
	ask "$@"
	contains "$what" "$out" "src/part.ml"
}
# refused WHAT MESSAGE URL CHECKSUM...
refused() {
	what=$1 message=$2
	shift 2
	ask "$@"
	contains "$what" "$out$err" "$message"
	is "... and nothing of it is kept" \
		"$(find .respin -path '*sources/*' -o -path '*downloads/*')" ""
}

sha256=sha256=$(sum sha256) sha512=sha512=$(sum sha512) md5=md5=$(sum md5)
finds "by SHA-256" "$web" "$sha256"
finds "by SHA-512" "$web" "$sha512"
finds "... in capitals" "$web" "sha512=$(sum sha512 | tr a-f A-F)"
finds "by MD5" "$web" "$md5"
contains "... with a word on that" "$err" "is pinned by MD5 alone"
finds "... as opam once wrote it" "$web" "$(sum md5)"
finds "a better checksum counts" "$web" "md5=00000000000000000000000000000000" "$sha512"
finds "a file" "file://$scratch/served/remote.tgz" "$sha512"
finds "a path" "$scratch/served/remote.tgz" "$sha256"
finds "a file by MD5" "file://$scratch/served/remote.tgz" "$md5"

zeros=$(printf '%0128d' 0)
refused "a wrong SHA-512" "wrong checksum of the " "$web" "sha512=$zeros"
refused "... of a file" "expected sha512 $zeros, got $(sum sha512)" "$scratch/served/remote.tgz" "sha512=$zeros"
refused "a path to nothing" "open file:///no/such.tgz: No such file" "/no/such.tgz" "$sha256"
refused "... to a folder" "$scratch: expected the path of an archive" "$scratch" "$sha256"
refused "... to a device" "/dev/zero: expected the path of an archive" /dev/zero "$sha256"
refused "no checksum that is known" "not there; it has no SHA-256, SHA-512 or MD5 checksum" "$web" sha1=00
refused "no commit" "not there; its git address names no commit" "git+https://127.0.0.1:9/x.git#main"
refused "another protocol" "not there; its address is none of the web, of an archive on this machine" \
	"hg+https://127.0.0.1:9/x" "$sha256"
finish
