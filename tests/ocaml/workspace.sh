#!/bin/sh
# workspace.sh FOLDER - makes a dune workspace with libraries of every make that src/ocaml reads,
# in dune's language 2.9 (Debian's dune).
set -eu
mkdir -p "$1"
cd "$1"

# unit FILE...: modules that compile. sig FILE...: their interfaces.
unit() {
	for f in "$@"; do
		mkdir -p "$(dirname "$f")"
		echo 'let x = 1' >"$f"
	done
}
sig() {
	for f in "$@"; do
		mkdir -p "$(dirname "$f")"
		echo 'val x : int' >"$f"
	done
}
stanzas() {
	mkdir -p "$1"
	cat >"$1/dune"
}

cat >dune-project <<'E'
(lang dune 2.9)
(name sample)
(version 1.2)
(generate_opam_files false)
(package (name sample) (synopsis "one \"thing\" ; no comment"))
(package (name other))
E

stanzas . <<'E'
; the top has a program and says which folders count
(dirs :standard \ skipped)
(data_only_dirs data)
(vendored_dirs vendor)
(executable (name top) (modules top) (libraries sample.wrapped))
(subdir made (rule (with-stdout-to m.ml (echo "let x = 1"))) (library (name made)))
E
unit top.ml skipped/no.ml data/d.ml
stanzas skipped <<'E'
(library (name skipped))
E
stanzas data <<'E'
(this is not a (stanza))
E

stanzas wrapped <<'E'
(library
 (name w)
 (public_name sample.wrapped)
 (private_modules hidden)
 (libraries re (re_export base64)
  (select choice.ml from (no-such-library -> choice.no.ml) (fmt logs -> choice.yes.ml)
   (-> choice.no.ml))))
E
unit wrapped/a.ml wrapped/b.ml wrapped/hidden.ml wrapped/choice.no.ml wrapped/choice.yes.ml
sig wrapped/a.mli

# A main module written by hand shows one of two others.
stanzas face <<'E'
(library (public_name other) (name face))
E
unit face/inner.ml face/quiet.ml
echo 'module Inner = Inner' >face/face.ml

stanzas bare <<'E'
(library (name bare) (wrapped false) (modules :standard \ tool gen try) (libraries w))
(executables (names tool gen) (modules tool gen) (libraries bare lwt.unix))
(rule (targets g1.ml g2.ml) (action (progn
  (with-stdout-to g1.ml (echo "let x = 1"))
  (write-file g2.ml "let x = 1"))))
(rule (copy g1.ml g3.ml))
(ocamllex lexer)
(ocamlyacc parser)
(test (name try) (modules try) (libraries bare))
E
unit bare/x.ml bare/tool.ml bare/gen.ml bare/try.ml
echo '{ } rule t = parse "a" { 1 }' >bare/lexer.mll
printf '%%token A\n%%start s\n%%type <int> s\n%%%%\ns: A { 1 };\n' >bare/parser.mly

stanzas deep <<'E'
(include_subdirs unqualified)
(library (name deep) (modules (:standard \ d1 c1) c1 \ e1))
E
unit deep/top.ml deep/one/c1.ml deep/one/two/d1.ml deep/one/two/d2.ml deep/three/e1.ml

stanzas old <<'E'
(library (name old) (wrapped (transition "use Old")))
E
unit old/p.ml old/q.ml

stanzas virt <<'E'
(library (name virt) (public_name sample.virt) (virtual_modules vm)
 (default_implementation sample.virt-a))
E
sig virt/vm.mli
unit virt/plain.ml
stanzas virt_a <<'E'
(library (name virt_a) (public_name sample.virt-a) (implements sample.virt)
 (private_modules own))
E
unit virt_a/vm.ml virt_a/own.ml
stanzas loose <<'E'
(library (name loose) (wrapped false) (virtual_modules lm) (modules_without_implementation ty))
E
sig loose/lm.mli loose/ty.mli
stanzas loose_b <<'E'
(library (name loose_b) (implements loose))
E
unit loose_b/lm.ml

stanzas copied <<'E'
(copy_files# ../wrapped/{a,b}.ml)
(copy_files from/*.ml)
(library (name copied))
E
unit copied/from/f.ml

stanzas included <<'E'
(include stanzas.inc)
E
cat >included/stanzas.inc <<'E'
(library (name included) (optional) (enabled_if true)
 (flags (:standard "-w" "-a" "\
      -g")))
E
unit included/q.ml included/r.ml

stanzas vendor/lib <<'E'
(library (name vended) (public_name vended.sub))
E
unit vendor/lib/vended.ml
echo '(lang dune 1.11)' >vendor/lib/dune-project
touch vendor/lib/vended.opam
stanzas vendor/lib/bin <<'E'
(executable (name oldstyle))
E
unit vendor/lib/bin/oldstyle.ml vendor/lib/bin/helper.ml
