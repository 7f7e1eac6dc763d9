#!/bin/sh
# For each module of each library that is installed for OCaml, respin resolve names that library.
. "$(dirname "$0")/../lib.sh"
export OCAMLFIND_CONF=/etc/ocamlfind.conf PATH="$RESPIN_BUILD:/usr/bin:/bin" OPAMROOT="$scratch/no-opam"
export PYTHONDONTWRITEBYTECODE=1
unset OCAMLPATH OPAM_SWITCH_PREFIX
command -v ocamlfind >/dev/null || skip_all "ocamlfind is not installed"

ok "each module's library is the one that ocamlfind and the .cmi files say" \
	python3 "$top/tests/ocaml/agree_resolve.py"
mkdir empty
cd empty || exit 1
run respin resolve List.map
contains "Stdlib is open everywhere: it comes before others that have a List" "$(echo "$out" | head -1)" \
	"Stdlib.List.map  value  "
contains "... and is of the compiler's package, not of that of its META" "$out" \
	"source      debian ocaml $(dpkg-query -f '${source:Version}' -W ocaml-base),"
finish
