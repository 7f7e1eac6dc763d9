#!/bin/sh
# What src/ocaml reads of OCaml's libraries is what OCaml's own programs say of them.
. "$(dirname "$0")/../lib.sh"

ocamldump installed >installed 2>&1
ok "each installed library: folder, requirements, modules and their paths" \
	python3 "$top/tests/ocaml/agree.py" installed "$scratch"
ok "the check has libraries to look at" sh -c 'test "$(grep -c "^dir " installed)" -gt 100'
is "every file could be read" "$(grep '^problem ' installed)" ""
finish
