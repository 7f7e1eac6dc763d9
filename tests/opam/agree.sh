#!/bin/sh
# What respin reads of an opam repository is what opam reads: fields, the order of versions, who
# depends on whom. The repository is a real one of 18,793 packages beside the project.
. "$(dirname "$0")/../lib.sh"

# RESPIN_SHARED is the folder shared, where it is not beside the project.
data=${RESPIN_SHARED:-$top/../shared}/data/opam-repository.tar.xz
[ -e "$data" ] || skip_all "there is no repository $data"
command -v opam >/dev/null || skip_all "opam is not installed"
export OPAMROOT="$scratch/root" OPAMROOTISOK=1 OPAMYES=1 OPAMCOLOR=never OPAMNODEPEXTS=1

# ---- all of it -----------------------------------------------------------------------------------

run opamread index "$data" kept/archive
is "every file of the archive is read" "$out" "packages 4596
versions 18793
repositories $(echo "$out" | sed -n 's/^repositories //p')
broken 0
read 18793"
run opamread index "$data" kept/archive
contains "... once" "$out" "read 0"

mkdir all
tar -C all -xf "$data"
run opamread index all kept/folder
contains "every file of the folder is read" "$out" "versions 18793"
contains "... without a failure" "$out" "broken 0"
# The machine's clock must have gone on since the last file was written.
sleep 0.1
opamread index all kept/folder >/dev/null
run opamread index all kept/folder
contains "... once" "$out" "read 0"
opamread dependents "$data" kept/archive tcpip >of-archive
opamread dependents all kept/folder tcpip >of-folder
ok "both know the same dependents" cmp of-archive of-folder

# ---- a smaller one, for opam ---------------------------------------------------------------------
# A sample of 300 files, and all versions of what has to do with tcpip but for the commonest.

(cd all && find packages -name opam | sort) >files
awk 'NR % 62 == 7' files >sample
{
	opamread dependents "$data" kept/archive tcpip
	opamread dependencies "$data" kept/archive tcpip
} | sed 's/\..*//' | sort -u | grep -vE '^(coq|ocaml|dune|ocaml-variants)$' >near
sed 's|.*|^packages/&/|' near | grep -f - files >kept.files
cat sample kept.files | sort -u >wanted
mkdir small
tar -C all -cf - -T wanted | tar -C small -xf -
echo 'opam-version: "2.0"' >small/repo

# ---- versions ------------------------------------------------------------------------------------
# 2,000 pairs: neighbours in byte order, pairs from anywhere, and some that somebody made up. opam
# tells through 20 packages that are available where all of its 100 relations hold.

{
	sed 's|.*/[^/.]*\.\([^/]*\)/opam$|\1|' files
	printf '%s\n' 1.0 1.00 1.0~ 1.0~~ 1.0~a 1.0+ 1.0- 1.0.0 01 1 0 00 a A a1 a01 1a 1-a 1_a 1.a 1+a \
		1~a a~ ~ ~~ '~a' 1..0 10 9 v1 V1 1.10 1.9 1.0rc1 1.0-rc1 1.0.rc1 1.0+rc1 \
		99999999999999999999999 100000000000000000000000 1.0~rc1 1.0~rc10 1.0~rc9
} | LC_ALL=C sort -u >versions
awk '{ v[NR] = $0 }
	END {
		for (i = 1; i <= 1000; i++) { k = int(i * (NR - 1) / 1000); print v[k], v[k + 1] }
		for (i = 1; i <= 1000; i++) print v[1 + (i * 7919) % NR], v[1 + (i * 104729) % NR]
	}' versions >pairs
sed -i '1s/.*/1.0 1.00/' pairs
opamread compare pairs >orders
is "2,000 pairs are compared" "$(wc -l <orders)" 2000
paste -d ' ' pairs orders | awk '
	function version(s) { return "\"" s "\"" }
	{
		line = line (line ? " & " : "") version($1) " " $3 " " version($2)
		if (NR % 100 == 0) { print NR / 100, line; line = "" }
	}' >groups
while read -r n relations; do
	mkdir -p "small/packages/order-$n/order-$n.1"
	printf 'opam-version: "2.0"\navailable: %s\n' "$relations" >"small/packages/order-$n/order-$n.1/opam"
done <groups
mkdir -p small/packages/order-wrong/order-wrong.1
printf 'opam-version: "2.0"\navailable: "1.0" < "1.0~"\n' >small/packages/order-wrong/order-wrong.1/opam

# ---- filters -------------------------------------------------------------------------------------
# A package for each, which is available where it holds.

cat >filters <<'END'
true
false
os = "linux"
os != "linux"
!(os = "linux")
nope
!nope
?nope
!?nope
nope = "x"
!(nope = "x")
nope | true
nope & false | true
?nope & nope
!(nope & false)
"%{nope}%" = ""
"%{os}%-x" = "linux-x"
"%{nope?a:b}%" = "b"
"%{os?yes:no}%" = "no"
"true"
"false"
"foo"
!"foo"
"foo" & true
os
foo:installed
!foo:installed
?foo:installed
foo+bar:installed
!foo+bar:installed
foo:enable = "disable"
foo:version = "1"
?foo:version
"%{foo:installed}%" = "false"
"%{foo:installed?yes:no}%" = "no"
opam-version >= "2.1"
[ os = "linux" ]
os = "linux" & (arch = "x86_64" | nope)
1 < 2
"1.10" > "1.9"
true = "true"
with-test
?with-test
build
dev
?pinned
make = "make"
?jobs
"%%" = "%"
"a%%b" = "a%b"
"x%%%{os}%" = "x%linux"
"%%{os}%" = "%linux"
"%{os}%%%{os}%" = "linux%linux"
"%{os" = "%{os"
!!(os = "linux")
END
n=0
while IFS= read -r filter; do
	n=$((n + 1))
	mkdir -p "small/packages/filter-$n/filter-$n.1"
	printf 'opam-version: "2.0"\navailable: %s\n' "$filter" >"small/packages/filter-$n/filter-$n.1/opam"
done <filters

opam init --bare --no-setup --disable-sandboxing small "$scratch/small" >init.out 2>&1 ||
	skip_all "opam can't be set up: $(tail -3 init.out)"
run opam list --available -s --columns=name 'order-*'
is "opam orders all of them the same way" "$(echo "$out" | sort -V)" \
	"$(seq 1 20 | sed 's/^/order-/')"

opam list --available -s --columns=name 'filter-*' | sort -V >theirs
opamread available small kept/small filter- | sort -V >ours
is "filters come to what opam says" "$(diff theirs ours)" ""
ok "... which are some" [ "$(wc -l <ours)" -gt 20 ]

# ---- fields --------------------------------------------------------------------------------------

sed 's|/opam$||; s|.*/||' sample >names
# shellcheck disable=SC2046
opam show --raw $(cat names) >raw 2>raw.err
mkdir parts
awk '/^opam-version: / { held = $0; next }
	held != "" { if (/^name: /) n++; print held >("parts/" n); held = "" }
	{ print >("parts/" n) }' raw
compared=0
: >differ
for part in parts/*; do
	id=$(sed -n 's/^name: "\(.*\)"/\1/p' "$part" | head -1).$(
		sed -n 's/^version: "\(.*\)"/\1/p' "$part" | head -1)
	opamread fields "all/packages/${id%%.*}/$id/opam" | grep -v '^name: \|^version: ' | sort >a
	opamread fields "$part" | grep -v '^name: \|^version: ' | sort >b
	diff a b >>differ || echo "in $id" >>differ
	# What opam printed comes out of our printer as it went in, but for white space.
	tr -s ' \n' '  ' <"$part" | sed 's/\[ /[/g; s/ \]/]/g' >a
	opamread print "$part" | tr -s ' \n' '  ' | sed 's/\[ /[/g; s/ \]/]/g' >b
	cmp -s a b || echo "printed otherwise: $id" >>differ
	compared=$((compared + 1))
done
# opam 2.1 says of one or two versions that do exist that they don't.
ok "at least 300 packages are compared" [ "$compared" -ge 300 ]
is "each field is what opam says" "$(head -20 differ)" ""

# ---- dependents ----------------------------------------------------------------------------------

agree() {
	what=$1 command=$2 name=$3 roles=$4
	shift 4
	opam list "$@" -A --all-versions -s --columns=package | LC_ALL=C sort >theirs
	opamread "$command" small kept/small "$name" "$roles" | LC_ALL=C sort >ours
	is "$what" "$(comm -3 theirs ours | head -5)" ""
	ok "... which are some" [ "$(wc -l <ours)" -gt 20 ]
}
agree "all that depend on tcpip" dependents tcpip 1 --depends-on tcpip --recursive
agree "... on lwt, not to build" dependents lwt 0 --depends-on lwt --recursive --nobuild
agree "... on fmt, tests too" dependents fmt 3 --depends-on fmt --recursive --with-test
agree "... on base-threads, options too" dependents base-threads 65 \
	--depends-on base-threads --recursive --depopts
agree "all that tcpip depends on" dependencies tcpip 1 --required-by tcpip --recursive

# respin itself names packages, without their versions and without tcpip's own.
opam list --depends-on tcpip --recursive -A --all-versions -s --columns=name | sort -u |
	grep -vx tcpip >theirs
respin resolve --dependents tcpip >ours
is "all that respin says depend on tcpip" "$(comm -3 theirs ours | head -5)" ""
ok "... which are some" [ "$(wc -l <ours)" -gt 10 ]
is "the newest version" \
	"$(respin --json resolve tcpip | sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' | head -1)" \
	"$(opam show -f version tcpip)"

# ---- several repositories ------------------------------------------------------------------------

# same NAME: is what respin says of it what opam says?
same() {
	run respin --json resolve "$1"
	is "$2" "$(printf '%s' "$out" | python3 -c '
import json, sys
for k in json.load(sys.stdin)["candidates"][:1]: print(k["version"], k["source"])')" \
		"$(opam show -f version "$1") $(opam show --raw "$1" | sed -n 's/^dev-repo: "\(.*\)"/\1/p')"
}
# put REPOSITORY NAME.VERSION FIELD
put() {
	mkdir -p "$1/packages/${2%%.*}/$2"
	printf 'opam-version: "2.0"\ndev-repo: "git+https://%s"\n%s\n' "$1" "$3" \
		>"$1/packages/${2%%.*}/$2/opam"
	echo 'opam-version: "2.0"' >"$1/repo"
}
for repository in aaa zzz; do
	put $repository several.1
	put $repository several.1.10
	put $repository "ranked.$repository"
	put $repository ranked.2
done
put aaa several.2~beta
put zzz several.1.9
put aaa flagged.1 'flags: avoid-version'
put zzz flagged.2 'available: opam-version < "2"'
for v in 1 2 3; do
	put zzz evaluated.$v "available: ours = \"$v\" & nothing"
done
for first in aaa zzz; do
	last=$(echo aaazzz | sed "s/$first//")
	opam repository remove --all aaa zzz >/dev/null 2>&1
	{
		opam repository add "$last" "$scratch/$last" --set-default
		opam repository add $first "$scratch/$first" --set-default --rank 1
		opam option --global 'eval-variables=[[ours ["echo" "2"] "of the test"]]'
	} >add.out 2>&1
	for name in several ranked flagged evaluated; do
		same $name "$name, $first before $last"
	done
done
finish
