#!/bin/sh
# For each module of each library that is installed for OCaml, respin resolve names that library.
. "$(dirname "$0")/../lib.sh"
export OCAMLFIND_CONF=/etc/ocamlfind.conf PATH="$RESPIN_BUILD:/usr/bin:/bin" OPAMROOT="$scratch/no-opam"
export PYTHONDONTWRITEBYTECODE=1
unset OCAMLPATH OPAM_SWITCH_PREFIX
command -v ocamlfind >/dev/null || skip_all "ocamlfind is not installed"

ok "each module's library is the one that ocamlfind and the .cmi files say" \
	python3 "$top/tests/ocaml/agree_resolve.py"
finish
