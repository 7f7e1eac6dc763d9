#!/bin/sh
# What dune and its programs say: told once, whole, of the right program, and nothing of it taken for
# a program that ran.
. "$(dirname "$0")/../lib.sh"
PATH=$RESPIN_BUILD:/usr/bin:/bin
unset OCAMLPATH OCAMLFIND_CONF OPAM_SWITCH_PREFIX
command -v dune >/dev/null || skip_all "there is no dune"

# all: what a person sees
# shellcheck disable=SC2317 # run calls it
all() { respin "$@" 2>&1; }
told() { printf '%s\n' "$out" | grep -cF "$1"; }
outputs() {
	printf '%s' "$out" | python3 -c 'import json, sys
for one in json.load(sys.stdin)["ran"]: print(one["output"])'
}

mkdir -p site/lib site/bin
cd site || exit 1
echo '(lang dune 2.9)' >dune-project
echo '(library (name stubs) (foreign_stubs (language c) (names one other)))' >lib/dune
echo 'external one : int -> int = "one"' >lib/stubs.ml
cat >lib/one.c <<'END'
#include <caml/mlvalues.h>
value one(value x) { return x; }
END
cp lib/one.c ../one.c
echo 'int other(void) { char *x = 3; return x != 0; }' >lib/other.c
echo '(executable (name main) (libraries stubs))' >bin/dune
echo 'let () = print_int (Stubs.one 7)' >bin/main.ml

# ---- C compilers and linkers ----------------------------------------------------------------

run all build
exits "stubs in C build" 0
contains "... with the warning of one" "$out" "other.c:1:29: warning: "
is "... once" "$(told 'other.c:1:29: warning: ')" 1
rm -r .respin
run respin --json build
is "... which is no program that ran" "$(outputs | sort | grep -v objs)" "bin/main.exe
lib/dllstubs_stubs.so,lib/libstubs_stubs.a
lib/one.o
lib/other.o
lib/stubs.{a,cmxa}"
echo '#error "stop here"' >>lib/one.c
run all build
exits "an error of the C compiler" 1
is "... is told once" "$(told 'one.c:3:2: error: #error "stop here"')" 1
is "... with its line" "$(told '3 | #error "stop here"') $(told '|  ^~~~~')" "1 1"
lacks "... without the command" "$out" "(cd _build"
run respin --json build
contains "... and so in JSON" "$err" 'one.c:3:2: error: #error \"stop here\"\n    3 | #error'
sed 's/return x;/return y;/' ../one.c >lib/one.c
run all build
is "a name that is not known" "$(told "one.c:2:29: error: 'y' undeclared")" 1
contains "... with all that the compiler has to say" "$out" "one.c: In function 'one':
one.c:2:29: error: 'y' undeclared (first use in this function)"
{ cat ../one.c; echo 'extern int nowhere(void); int f(void) { return nowhere(); }'; } >lib/one.c
run all build
exits "an error of the linker" 1
is "... is told once" "$(told 'undefined reference to `nowhere')" 1
contains "... in the user's path" "$out" 'lib/one.c:3: undefined reference'
contains "... and in order" "$out" "undefined reference to \`nowhere'
collect2: error: ld returned 1 exit status
File \"caml_startup\", line 1:"
cp ../one.c lib/one.c

# More than an error has room for is told whole, too, before it.
i=0
while [ $i -lt 60 ]; do
	echo "int f$i(void) { return unknown_name_$i; }"
	i=$((i + 1))
done >>lib/one.c
run all build
is "a long one is whole" "$(told unknown_name_0) $(told unknown_name_59)" "2 2"
is "... and once" "$(told "respin: site: dune exited with status 1") $(echo "$out" | tail -1)" \
	"1 respin: site: dune exited with status 1"
run respin --json build
contains "... but cut where JSON is asked for" "$err" '\n..."'
cp ../one.c lib/one.c

# ---- two that fail, rules, dune itself ------------------------------------------------------

echo '#error "stop here"' >>lib/one.c
echo '#error "here, too"' >>lib/other.c
run all build
is "two that fail are both told, once" \
	"$(told 'one.c:3:2: error:') $(told 'other.c:2:2: error:')" "1 1"
cp ../one.c lib/one.c
sed -i '2d' lib/other.c
cat >>bin/dune <<'END'
(rule (targets made.ml) (action (with-stdout-to made.ml (progn
 (system "echo configuration done >&2; echo '       Types do not match' >&2")
 (system "echo let x = 1")))))
END
run respin --json build
is "what a rule's program says is no program" "$status $(outputs | grep -c 'done\|match')" "0 0"
is "... though each of its programs is" "$(outputs | grep -c '^bin/made.ml$')" 2
rm -r .respin
run all build
lacks "what is no warning is not shown" "$out" "configuration done"
rm -r .respin
run all -v build
is "... but with -v" "$(told 'configuration done')" 1
sed -i 's/done >&2;/done >\&2; exit 1;/' bin/dune
run all build
is "... and where it fails" "$(told 'configuration done')" 1
sed -i '2,$d' bin/dune
rm -r .respin
run all build
sed -i 's/stubs/stubs nolib/' bin/dune
run all build
contains "what dune itself says" "$out" 'Error: Library "nolib" not found.'
is "... is told once" "$(told 'Error: Library "nolib" not found')" 1
contains "... with its place" "$out" 'File "bin/dune", line 1'
sed -i 's/ nolib//' bin/dune

# ---- dune 3 ---------------------------------------------------------------------------------

# It tells the place of a rule before the program that failed, and of its cache in broken lines.
mkdir ../dune3
cat >../dune3/dune <<END
#!/bin/sh
[ "\$1" = build ] || exec /usr/bin/dune "\$@"
cat ../../../../dune3/said >&2
/usr/bin/dune "\$@" || exit
exit \$(cat ../../../../dune3/status)
END
chmod +x ../dune3/dune
cat >../dune3/said <<'END'
Warning: cache store error [57f78b57bf20d4265b271f1d7034f71e]: ((in_cache
((tcp__Window.cmx 4d120b948335f022c4327527a120aba7) (tcp__Window.o
5b54aeb24dfaf460584a597160e0448c))) (computed ((tcp__Window.cmx
4d120b948335f022c4327527a120aba7) (tcp__Window.o
7aa6625027dc9c064e87c547bf948fa0)))) after executing
(mkdir -p _build/default;cd _build/default;
/usr/bin/ocamlopt.opt -w -40 -w -a -alert -all -g -I
  lib/.stubs.objs/byte -I
  lib/.stubs.objs/native -I /usr/lib/ocaml/cstruct
  -intf-suffix .ml -no-alias-deps -open Tcp -o
  lib/.stubs.objs/native/tcp__Window.cmx -c
  -impl lib/window.ml)
END
echo 0 >../dune3/status
PATH=$PWD/../dune3:$PATH
rm -r .respin
run all build
exits "what dune says of its cache" 0
lacks "... is not told" "$out" "tcp__Window"
lacks "... nor what it ran" "$out" "mkdir"
contains "... but what comes after it" "$out" "9 programs ran, 2 of 2 parts rebuilt"
echo 'let () = print_int 1' >bin/main.ml
cat >>../dune3/said <<'END'
    ocamlopt lib/stubs.{a,cmxa}
File "lib/dune", line 1, characters 47-50:
1 | (library (name stubs) (foreign_stubs (language c) (names one other)))
                                                             ^^^
x86_64-linux-gnu-gcc lib/one.o (exit 1)
one.c:3:2: error: #error "stop here"
    3 | #error "stop here"
      |  ^~~~~
END
echo 1 >../dune3/status
run respin build
exits "a program that fails" 1
is "... is told with the place of its rule, once" "$err" "respin: site: dune exited with status 1:
File \"lib/dune\", line 1, characters 47-50:
1 | (library (name stubs) (foreign_stubs (language c) (names one other)))
                                                             ^^^
one.c:3:2: error: #error \"stop here\"
    3 | #error \"stop here\"
      |  ^~~~~"
finish
