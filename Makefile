# respin: make, make demo, make check, make bench. README.md tells what each does.

BUILD ?= build
CC ?= cc
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wvla -Wwrite-strings -Wformat=2 -Wundef -Wpointer-arith -Wcast-qual -fno-common
# CI sets WERROR=1; users of other compilers than ours are not stopped by a new warning.
ifdef WERROR
WARN += -Werror
endif
# make check SAN=1: everything under AddressSanitizer and UndefinedBehaviorSanitizer.
ifdef SAN
BUILD := build/san
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer \
	-DRESPIN_ARENA_DEBUG
endif
# Parts of images that are plain computation: linked into the host's tests, too.
PORTABLE := $(wildcard $(addprefix src/unikernel/,hash table git disklog keep arp nat))
# Of the journal of TCP, all that does not know lwIP.
PORTABLE_TCP := $(wildcard $(addprefix src/unikernel/tcp/,value.c payload.c key.c text.c rate.c))
ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE -Isrc $(PORTABLE:%=-I%) -Isrc/unikernel/tcp -fPIC $(WARN) \
	$(CFLAGS) $(SANFLAGS)

# Modules whose libraries are slow to load are shared objects beside the program (sys.h tells why).
GIT_SOURCES := $(filter-out src/git/git.c,$(wildcard src/git/*.c))
FETCH_SOURCES := $(filter-out src/fetch/fetch.c src/fetch/known.c src/fetch/pin.c,$(wildcard src/fetch/*.c))
PACKETS_SOURCES := src/packets/pcap.c
MODULE_SOURCES := $(GIT_SOURCES) $(FETCH_SOURCES) $(PACKETS_SOURCES)
CORE_SOURCES := $(filter-out $(MODULE_SOURCES),$(wildcard src/*/*.c))

PORTABLE_SOURCES := $(wildcard $(PORTABLE:%=%/*.c)) $(PORTABLE_TCP)

GIT_LIBS := -lgit2
FETCH_LIBS := -lcurl -larchive
PACKETS_LIBS := -lpcap
CORE_LIBS := -lcjson -lnettle -lelf -lm -ldl
PORTABLE_LIBS := -lnettle -lz
ALL_LIBS := $(CORE_LIBS) $(PORTABLE_LIBS) $(GIT_LIBS) $(FETCH_LIBS) $(PACKETS_LIBS)

# make V=1 shows whole commands.
ifndef V
say = @printf "%-5s %s\n" $(1) $(patsubst $(BUILD)/%,%,$@);
endif

objects = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(1))
CORE := $(call objects,$(CORE_SOURCES))
TEST_PROGRAMS := $(patsubst tests/unit/%.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c)) \
	$(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/replay_%,$(wildcard tests/fuzz/fuzz_*.c))
MANUALS := $(patsubst src/man/%.scd,$(BUILD)/man/%,$(wildcard src/man/*.scd))
MODULES := $(BUILD)/respin-git.so $(BUILD)/respin-fetch.so $(BUILD)/respin-packets.so

.PHONY: all check test demo bench setup clean tests man fuzz fuzzers schema install
all: $(BUILD)/respin $(MODULES) $(MANUALS)

# The modules call back into the program's own base and sys: hence -rdynamic and all of core.a.
$(BUILD)/respin: $(BUILD)/obj/main.o $(BUILD)/core.a $(BUILD)/portable.a
	$(call say,LINK)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -rdynamic -o $@ $< \
		-Wl,--whole-archive $(BUILD)/core.a -Wl,--no-whole-archive $(BUILD)/portable.a \
		$(CORE_LIBS)
$(BUILD)/respin-git.so: $(call objects,$(GIT_SOURCES))
$(BUILD)/respin-git.so: LIBS = $(GIT_LIBS)
$(BUILD)/respin-fetch.so: $(call objects,$(FETCH_SOURCES))
$(BUILD)/respin-fetch.so: LIBS = $(FETCH_LIBS)
$(BUILD)/respin-packets.so: $(call objects,$(PACKETS_SOURCES))
$(BUILD)/respin-packets.so: LIBS = $(PACKETS_LIBS)
$(MODULES):
	$(call say,LINK)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared -Wl,-Bsymbolic -o $@ $^ $(LIBS)
$(BUILD)/core.a: $(CORE)
	$(call say,AR)rm -f $@ && ar rc $@ $^

$(BUILD)/portable.a: $(call objects,$(PORTABLE_SOURCES))
	$(call say,AR)rm -f $@ && ar rc $@ $^

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/report/style.o: src/report/report.css

# Tests reach into modules too, and load them as the program does: hence -rdynamic here.
TESTED := $(call objects,$(MODULE_SOURCES)) $(BUILD)/core.a $(BUILD)/portable.a
link_test = $(CC) $(ALL_CFLAGS) -Itests/unit -MMD -MP -MF $@.d $(LDFLAGS) -rdynamic -o $@ \
	$(filter tests/%.c %.o %.a,$^) $(ALL_LIBS)
$(BUILD)/test_%: tests/unit/test_%.c $(TESTED)
	$(call say,TEST)$(link_test) -lcmocka
$(BUILD)/replay_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(TESTED)
	$(call say,TEST)$(link_test)
# A machine whose tables are served by git, as a program: for tests that need a live one.
$(BUILD)/machine: tests/guest/machine.c $(BUILD)/portable.a
	$(call say,TEST)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $(filter %.c %.a,$^) \
		$(PORTABLE_LIBS)
# What src/opam reads, as a program that loads the modules as respin does: for tests beside opam.
$(BUILD)/opamread: tests/opam/reader.c $(filter-out $(BUILD)/obj/cmd/%,$(CORE)) $(BUILD)/portable.a
	$(call say,TEST)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -rdynamic -o $@ \
		$(filter %.c %.o %.a,$^) $(CORE_LIBS) $(PORTABLE_LIBS)
# What src/ocaml knows, for comparison with OCaml's own programs.
$(BUILD)/ocamldump: tests/ocaml/dump.c $(BUILD)/core.a
	$(call say,TEST)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $(filter %.c %.a,$^) \
		$(CORE_LIBS)
tests: all $(TEST_PROGRAMS) $(BUILD)/machine $(BUILD)/opamread $(BUILD)/ocamldump

# make fuzz: each target for FUZZ_SECONDS, starting from its corpus; what it finds goes to build/fuzz.
FUZZ_SECONDS ?= 30
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
$(BUILD)/fuzz_%: tests/fuzz/fuzz_%.c $(TESTED)
	$(call say,FUZZ)$(link_test) -fsanitize=fuzzer
fuzzers: $(FUZZ_TARGETS:%=$(BUILD)/fuzz_%)
fuzz:
	@$(MAKE) --no-print-directory BUILD=build/fuzz CC=clang \
		SANFLAGS=-fsanitize=fuzzer-no-link,address,undefined fuzzers
	for t in $(FUZZ_TARGETS); do mkdir -p build/fuzz/found/$$t && \
		build/fuzz/fuzz_$$t -max_total_time=$(FUZZ_SECONDS) -max_len=65536 \
			-artifact_prefix=build/fuzz/ build/fuzz/found/$$t tests/fuzz/corpus/$$t || exit 1; done

$(BUILD)/man/%: src/man/%.scd
	@mkdir -p $(@D)
	$(call say,MAN)scdoc <$< >$@.new && mv $@.new $@
man: $(MANUALS)

# What the targets below need of Debian, by what for.
BUILD_PACKAGES := gcc libc6-dev binutils scdoc libgit2-dev libcurl4-openssl-dev libcjson-dev \
	libarchive-dev nettle-dev libelf-dev libpcap-dev zlib1g-dev
RUN_PACKAGES := qemu-system-x86 git iproute2 iputils-ping iputils-arping curl ca-certificates \
	universal-ctags patch xz-utils bubblewrap
# OCaml, and libraries that are made in many ways: by dune and without it, wrapped and not, several
# in one folder, old names, interfaces without code, hidden modules.
OCAML_PACKAGES := ocaml-nox ocaml-findlib ocaml-dune libdune-ocaml-dev cppo $(patsubst %,lib%-ocaml-dev,alcotest astring \
	base64 bos camlp4 cohttp cstruct extlib fmt ipaddr logs lwt num ocamlgraph ppx-sexp-conv ptime \
	re x509 yojson)
TEST_PACKAGES := libcmocka-dev clang clang-format-14 libclang-rt-14-dev pmccabe shellcheck \
	mandoc python3 strace cpio dnsmasq-base nmap lighttpd opam build-essential dpkg-dev debhelper \
	$(OCAML_PACKAGES)
BENCH_PACKAGES := ninja-build cpio lz4 python3 opam ocaml-nox ocaml-findlib ocaml-dune \
	libdune-ocaml-dev cppo liblwt-ocaml-dev libre-ocaml-dev

# Installs what is missing of PACKAGES, after naming it.
install_missing = missing=$$(for p in $(1); do \
		dpkg-query -W -f '$${db:Status-Status}\n' $$p 2>/dev/null | grep -qx installed || echo $$p; \
	done); \
	[ -z "$$missing" ] || { echo "installing:" $$missing; \
		[ "$$(id -u)" = 0 ] && sudo= || sudo=sudo; \
		$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq \
			--no-install-recommends $$missing >/dev/null; }

setup:
	@$(call install_missing,$(BUILD_PACKAGES) $(RUN_PACKAGES))

# The main job on its embedded defaults: what does a larger initial window of lwIP change?
demo: setup
	@$(MAKE) --no-print-directory all
	$(BUILD)/respin try static-site --module lwip/tcp.h \
		--patch examples/static-site/patches/initial-window.patch

check:
	@$(call install_missing,$(BUILD_PACKAGES) $(RUN_PACKAGES) $(TEST_PACKAGES))
	@$(MAKE) --no-print-directory test

bench:
	@$(call install_missing,$(BUILD_PACKAGES) $(RUN_PACKAGES) $(BENCH_PACKAGES))
	@$(MAKE) --no-print-directory all $(BUILD)/opamread
	tests/bench/run --build $(BUILD)

schema: $(BUILD)/respin
	$< schema >recipes/recipe.schema.json

PREFIX ?= /usr/local
install: all
	install -D -t $(DESTDIR)$(PREFIX)/bin $(BUILD)/respin
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/respin $(MODULES)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 $(filter %.1,$(MANUALS))
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man5 $(filter %.5,$(MANUALS))
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man7 $(filter %.7,$(MANUALS))

# All tests, or one: make test T=test_base, T=overlay, T=test_base/map_keeps_order.
test: tests
	tests/run --build $(BUILD) $(T)

clean:
	rm -rf build

-include $(wildcard $(BUILD)/*.d) $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
