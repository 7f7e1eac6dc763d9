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
ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE -Isrc -fPIC $(WARN) $(CFLAGS) $(SANFLAGS)

# Modules whose libraries are slow to load are shared objects beside the program (sys.h tells why).
GIT_SOURCES := $(filter-out src/git/git.c,$(wildcard src/git/*.c))
FETCH_SOURCES := $(filter-out src/fetch/fetch.c,$(wildcard src/fetch/*.c))
CORE_SOURCES := $(filter-out $(GIT_SOURCES) $(FETCH_SOURCES),$(wildcard src/*/*.c))

CORE_LIBS := -lcjson -lnettle -lelf -lpcap
GIT_LIBS := -lgit2
FETCH_LIBS := -lcurl -larchive

objects = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(1))
CORE := $(call objects,$(CORE_SOURCES))
GIT := $(call objects,$(GIT_SOURCES))
FETCH := $(call objects,$(FETCH_SOURCES))
TEST_PROGRAMS := $(patsubst tests/unit/%.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
PROGRAMS := $(BUILD)/respin $(BUILD)/respin-git.so $(BUILD)/respin-fetch.so

.PHONY: all check test demo bench setup clean tests
all: $(PROGRAMS)

# The modules call back into the program's own base and sys: hence -rdynamic and all of core.a.
$(BUILD)/respin: $(BUILD)/obj/main.o $(BUILD)/core.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -rdynamic -o $@ $< -Wl,--whole-archive $(BUILD)/core.a \
		-Wl,--no-whole-archive $(CORE_LIBS) -ldl
$(BUILD)/respin-git.so: $(GIT)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared -o $@ $^ $(GIT_LIBS)
$(BUILD)/respin-fetch.so: $(FETCH)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared -o $@ $^ $(FETCH_LIBS)
$(BUILD)/core.a: $(CORE)
	rm -f $@ && ar rc $@ $^

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/test_%: tests/unit/test_%.c $(BUILD)/core.a $(GIT) $(FETCH)
	$(CC) $(ALL_CFLAGS) -Itests/unit -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< $(GIT) $(FETCH) $(BUILD)/core.a \
		$(CORE_LIBS) $(GIT_LIBS) $(FETCH_LIBS) -lcmocka -ldl
tests: all $(TEST_PROGRAMS)

# All tests, or one: make test T=test_base, T=overlay, T=test_base/map_keeps_order.
test: tests
	tests/run --build $(BUILD) $(T)

clean:
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
