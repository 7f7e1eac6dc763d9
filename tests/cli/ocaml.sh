#!/bin/sh
# What src/ocaml reads of OCaml's libraries is what OCaml's own programs say of them.
. "$(dirname "$0")/../lib.sh"
export OCAMLFIND_CONF=/etc/ocamlfind.conf PATH="$RESPIN_BUILD:/usr/bin:/bin"
unset OCAMLPATH OPAM_SWITCH_PREFIX

ocamldump installed >libraries 2>&1
ok "each installed library: folder, requirements, modules and their paths" \
	python3 "$top/tests/ocaml/agree.py" libraries "$scratch"
ok "the check has libraries to look at" test "$(grep -c '^dir ' libraries)" -gt 100
is "every file could be read" "$(grep '^problem ' libraries)" ""

sh "$top/tests/ocaml/workspace" "$scratch/workspace"
ocamldump workspace workspace >ours 2>&1
ocamldump describe workspace >described 2>&1
ok "a dune workspace: libraries, executables and modules" \
	python3 "$top/tests/ocaml/same.py" ours described
is "all of it is described" "$(grep -c '^library \|^executables ' described)" 16
is "every dune file could be read" "$(grep '^  problem ' ours)" ""
is "packages" "$(sed -n 's/^package //p' ours | sort)" "other . dune-project:6
sample . dune-project:5
vended vendor/lib vendor/lib/vended.opam:1"

# What dune installs of it is what was read of its sources.
ok "it builds" dune build --root workspace @install
OCAMLPATH=$scratch/workspace/_build/install/default/lib ocamldump installed >libraries
is "its libraries are the same when installed" "$(awk '$1 == "module" &&
	$2 ~ /^(sample|other)/ && !/ alias / { print $2, $3, $4 }' libraries | sort)" \
	"$(awk '$1 == "library" { name = $2 } $1 == "executables" { name = "" }
	name ~ /^(sample|other)/ && $1 == "module" && !/ alias/ { print name, $2, $3 }' ours |
		sort)"

echo '(library (name w)' >workspace/wrapped/dune
ocamldump workspace workspace >ours 2>&1
is "what is wrong is named with its place" "$(sed -n 's/^  problem //p' ours)" \
	"wrapped/dune:1:1: expected a ')' that closes this '('"
ok "and by dune too" sh -c '! ocamldump describe workspace >described 2>&1'
contains "in its own words" "$(cat described)" 'File "wrapped/dune", line 2'
finish
