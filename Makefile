# Fiveways: five ways to write a server, side by side.
#
#   make compare    build everything, measure five servers, print the table
#   make check      build everything, prove the five correct
#   make help       the other targets
#
# How it is laid out: a folder is one program or one idea. The sources of a
# server are its folder and the contract; those of a harness program are the
# file named after its folder, which holds main, and an archive of the rest.
# All products go to build/; VARIANT=asan builds and tests in build/asan/.

MODELS_ALL := blocking threaded selectloop coroutine libevent
.DEFAULT_GOAL := all

# ---- what the user may set -------------------------------------------------

CFLAGS  ?= -O2 -g
VARIANT ?=
PREFIX  ?= /usr/local
# compare: which models and scenarios, how long for each, how many fresh
# processes, a server of your own; a command that starts each server, and where
# it then listens. From make's command line only: who knows what a shell has.
COMPARE_VARIABLES := MODELS SCENARIOS TIME LIVES SERVER LAUNCHER COMPARE_HOST
$(foreach name,$(COMPARE_VARIABLES),\
    $(if $(findstring command,$(origin $(name))),,$(eval $(name) :=)))

# ---- variants --------------------------------------------------------------

SANITIZE_asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined
FLAGS_asan     := $(SANITIZE_asan) -fno-omit-frame-pointer -O1
FLAGS_tsan     := -fsanitize=thread -O1
FLAGS_coverage := --coverage -fprofile-update=atomic -O0
FLAGS_hardened := -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
                  -fstack-clash-protection -fcf-protection=full -fPIE
LDFLAGS_hardened := -pie -Wl,-z,relro,-z,now
# The newest that Debian 12's valgrind understands from clang.
FLAGS_clang    := -gdwarf-4
# The tests start these servers through valgrind.
FLAGS_valgrind := -O1
# Of conversions, `undefined` leaves out those of a double too large.
FLAGS_fuzz     := -fsanitize=fuzzer-no-link,address,undefined \
                  -fsanitize=float-cast-overflow \
                  -fno-sanitize-recover=undefined,float-cast-overflow -O1
ifneq ($(filter clang fuzz,$(VARIANT)),)
CC := clang
endif
VARIANTS := asan tsan coverage hardened clang valgrind fuzz
ifneq ($(VARIANT),)
ifeq ($(filter $(VARIANT),$(VARIANTS)),)
$(error VARIANT=$(VARIANT) is not known; it may be one of: $(VARIANTS))
endif
endif

OUT := build$(addprefix /,$(VARIANT))
BIN := $(OUT)/bin
OBJ := $(OUT)/obj

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wvla -Wpointer-arith -Wwrite-strings -Wno-psabi \
            -Wno-missing-field-initializers
BASE_CFLAGS := -std=gnu11 -D_GNU_SOURCE -I. -pthread $(WARNINGS) -MMD -MP

# ---- what this machine has -------------------------------------------------

PACKAGE_libevent := libevent-dev
PACKAGE_check    := check
PACKAGE_jansson  := libjansson-dev
HAVE    := $(foreach m,libevent check jansson,\
             $(shell pkg-config --exists $(m) 2>/dev/null && echo $(m)))
MISSING := $(foreach m,$(filter-out $(HAVE),libevent check jansson),\
             $(PACKAGE_$(m)))
ifneq ($(MISSING),)
MISSING := $(if $(shell command -v pkg-config),,pkg-config )$(strip $(MISSING))
endif
# Without these the tests that use them are skipped, and without strace or perf
# compare counts no system calls; `deps` installs them, but nothing asks for it.
PACKAGE_strace := strace
PACKAGE_socat  := socat
PACKAGE_ncat   := ncat
PACKAGE_ss     := iproute2
MISSING_TOOLS = $(foreach t,strace socat ncat ss,\
                  $(if $(shell command -v $(t)),,$(PACKAGE_$(t))))
CFLAGS_OF = $(shell pkg-config --cflags $(1) 2>/dev/null)
LIBS_OF   = $(shell pkg-config --libs $(1) 2>/dev/null)

MODELS_HERE := $(if $(filter libevent,$(HAVE)),$(MODELS_ALL),\
                 $(filter-out libevent,$(MODELS_ALL)))

# ---- what is made of what --------------------------------------------------

# Every object is made anew when the compiler or its flags have changed. `strip`,
# because make 4.3 leaves a newline behind a file of more than 200 bytes.
COMPILE = $(CC) $(BASE_CFLAGS) $(CFLAGS) $(FLAGS_$(VARIANT))
$(OUT)/flags: always
	$(if $(subst |$(strip $(file <$@))|,,|$(strip $(COMPILE))|),\
	    $(if $(findstring __GLIBC__,$(shell $(CC) $(CFLAGS) -dM -E -include \
	        features.h -x c /dev/null 2>/dev/null)),,$(error $(CC) cannot build \
	        this: it takes a C compiler for Linux with glibc, which on Debian \
	        are gcc and libc6-dev))$(shell mkdir -p $(@D))$(file >$@,$(COMPILE)))
	@:

objects = $(patsubst %.c,$(OBJ)/%.o,$(filter-out $(2),$(wildcard $(1)/*.c)))

SERVERS  := $(MODELS_HERE:%=$(BIN)/%)
COMPANIONS := $(BIN)/hello $(if $(filter libevent,$(HAVE)),$(BIN)/bufferevent)
BASE     := $(call objects,harness/base)
CONTRACT := $(call objects,harness/contract) $(BASE)
CO       := $(patsubst %.c,$(OBJ)/%.o,$(wildcard coroutine/co*.c))
LOAD     := $(call objects,harness/load,harness/load/load.c) $(BASE)
RESULTS  := $(call objects,harness/results)
REPORT   := $(call objects,harness/report,harness/report/report.c)
COMPARE  := $(call objects,harness/compare,harness/compare/yardstick.c)

HARNESS := $(BIN)/yardstick $(if $(filter jansson,$(HAVE)),\
             $(BIN)/load $(BIN)/report $(BIN)/compare)
PROGRAMS := $(SERVERS) $(COMPANIONS) $(HARNESS)

$(BIN)/blocking:   $(call objects,blocking) $(CONTRACT)
$(BIN)/threaded:   $(call objects,threaded) $(CONTRACT)
$(BIN)/selectloop: $(call objects,selectloop) $(CONTRACT)
$(BIN)/coroutine:  $(call objects,coroutine,coroutine/hello.c) $(CONTRACT)
$(BIN)/libevent:   $(call objects,libevent,libevent/bufferevent.c) $(CONTRACT)
$(BIN)/bufferevent: $(call objects,libevent,libevent/server.c) $(CONTRACT)
$(BIN)/hello:      $(OBJ)/coroutine/hello.o $(CO) $(BASE)
$(BIN)/load:       $(OBJ)/harness/load/load.o $(LOAD)
$(BIN)/yardstick:  $(OBJ)/harness/compare/yardstick.o $(CONTRACT)
$(BIN)/report:     $(OBJ)/harness/report/report.o $(REPORT) $(RESULTS) $(LOAD)
$(BIN)/compare:    $(COMPARE) $(REPORT) $(RESULTS) $(LOAD)

$(BIN)/libevent $(BIN)/bufferevent: LDLIBS = $(call LIBS_OF,libevent)
$(OBJ)/libevent/%.o: OWN_CFLAGS = $(call CFLAGS_OF,libevent)
$(BIN)/load $(BIN)/report $(BIN)/compare: LDLIBS = $(call LIBS_OF,jansson) -lm
# glibc's fortified longjmp takes a jump to another stack for an attack;
# co_switch.c jumps between stacks for a living. Nothing else is built without.
$(OBJ)/coroutine/co_switch.o: OWN_CFLAGS = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=0

# Tests. A file in tests/unit/ is a program; the other folders are one each.
UNIT_TESTS := $(patsubst tests/unit/%.c,$(OUT)/tests/%,\
                $(wildcard tests/unit/test_*.c))
# What several of them need.
UNIT_SHARED := run_suite made
UNIT_PARTS := $(CONTRACT) $(LOAD) $(RESULTS) $(REPORT) \
              $(filter-out %/compare.o,$(COMPARE)) \
              $(OBJ)/selectloop/reactor.o $(CO)
TEST_LIBS   = $(call LIBS_OF,check) $(call LIBS_OF,jansson) -lm
$(OBJ)/tests/%.o: OWN_CFLAGS = $(call CFLAGS_OF,check)
$(OUT)/tests/%: LDLIBS = $(TEST_LIBS)
# A frame that steps over a guard page is only held where its pages are
# touched one by one.
$(OBJ)/tests/unit/test_co_frames.o: OWN_CFLAGS += -fstack-clash-protection
$(UNIT_TESTS): $(OUT)/tests/%: $(OBJ)/tests/unit/%.o \
               $(UNIT_SHARED:%=$(OBJ)/tests/unit/%.o) $(UNIT_PARTS)
$(OUT)/tests/conformance: $(call objects,tests/conformance)
# The faults are cases of their own on the same ground: servers, clients and
# main are conformance's. The shim goes into servers, not into the program.
SHIM := $(OUT)/tests/shim.so
SANITIZED := $(filter asan tsan,$(VARIANT))
$(OUT)/tests/faults: $(call objects,tests/faults,tests/faults/shim.c) \
    $(patsubst %,$(OBJ)/tests/conformance/%.o,main client expect models \
      patience payload plan process results server tally verdict valgrind)
$(SHIM): tests/faults/shim.c $(OUT)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) -MF $(OBJ)/shim.d -O2 -g $(WERROR) -fPIC \
	    $(if $(SANITIZED),-DSHIM_SPARES_MEMORY) -shared $< -ldl -lrt -o $@
	$(SAY) "  LINK  $@"
$(OUT)/tests/planted: $(OBJ)/tests/builds/planted.o
$(OUT)/tests/soak: $(call objects,tests/soak) \
    $(patsubst %,$(OBJ)/tests/conformance/%.o,client expect models patience \
      payload process server tally verdict valgrind)
BADSERVERS := badserver
$(OUT)/tests/harness: $(call objects,tests/harness) $(LOAD)
$(OUT)/tests/badserver: $(call objects,tests/harness/badserver) $(BASE)
# A mutant is a right program with a patch: a server, or the tests of a unit or
# of the harness with a wrong one in them. Those that no case kills fast are
# left out of the fast check, and all of them where there is no patch(1).
space := $(subst ,, )
mutants = $(if $(shell command -v patch),$(patsubst \
            tests/mutants/%.diff,$(OUT)/mutants/%,$(1)))
MUTANTS := $(call mutants,$(shell grep -lE \
             '^(model: ($(subst $(space),|,$(strip $(MODELS_HERE) \
                $(filter bufferevent,$(notdir $(COMPANIONS))))))|unit: .*|harness: .*)$$' \
             tests/mutants/*.diff))
MUTANTS_FAST := $(filter $(MUTANTS),$(call mutants,\
                  $(shell grep -l '^killed by: ' tests/mutants/*.diff)))
MUTANT_UNIT := $(UNIT_SHARED:%=$(OBJ)/tests/unit/%.o) $(sort $(UNIT_PARTS))
MUTANT_HARNESS := $(call objects,tests/harness) $(LOAD)
$(MUTANTS): $(OUT)/mutants/%: tests/mutants/%.diff tests/mutants/build \
            tests/mutants/only.c $(OUT)/flags $(PROGRAMS) $(UNIT_TESTS) \
            $(OUT)/tests/harness $(BADSERVERS:%=$(OUT)/tests/%)
	@mkdir -p $(@D)
	$(Q)CC="$(CC)" CFLAGS="-std=gnu11 -D_GNU_SOURCE -I. -pthread $(CFLAGS)" \
	    SERVER_LIBS="$(call LIBS_OF,libevent)" TEST_LIBS="$(TEST_LIBS)" \
	    UNIT_OBJECTS="$(MUTANT_UNIT)" HARNESS_OBJECTS="$(MUTANT_HARNESS)" \
	    OBJ="$(OBJ)" BIN="$(BIN)" tests/mutants/build $< $@
	$(SAY) "  MUTANT $@"

# A target of the fuzzer is linked with libFuzzer (VARIANT=fuzz), and with
# replay.c, which any compiler takes.
FUZZ_TARGETS := hello options results
FUZZ_PARTS   := $(CONTRACT) $(REPORT) $(RESULTS) $(LOAD) \
                $(OBJ)/tests/conformance/hello_rule.o
FUZZERS      := $(FUZZ_TARGETS:%=$(OUT)/tests/fuzz-%)
FUZZ_REPLAYS := $(FUZZERS:%=%-replay)
$(FUZZERS): $(OUT)/tests/fuzz-%: $(OBJ)/tests/fuzz/%.o $(FUZZ_PARTS)
$(FUZZ_REPLAYS): $(OUT)/tests/fuzz-%-replay: $(OBJ)/tests/fuzz/%.o \
                 $(OBJ)/tests/fuzz/replay.o $(FUZZ_PARTS)
$(FUZZERS): private LDFLAGS += -fsanitize=fuzzer
$(OUT)/tests/fuzz-options $(OUT)/tests/fuzz-options-replay: \
    private LDFLAGS += -Wl,--wrap=exit,--wrap=argp_parse

$(PROGRAMS) $(UNIT_TESTS) $(OUT)/tests/conformance $(OUT)/tests/faults \
$(OUT)/tests/harness $(OUT)/tests/soak $(OUT)/tests/planted \
$(BADSERVERS:%=$(OUT)/tests/%) $(FUZZERS) $(FUZZ_REPLAYS):
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_$(VARIANT)) $(FLAGS_$(VARIANT)) $(CFLAGS) -pthread \
	    $(LDFLAGS) $^ $(LDLIBS) -o $@
	$(SAY) "  LINK  $@"

$(OBJ)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(SAY) "  CC    $<"
	$(Q)$(COMPILE) $(OWN_CFLAGS) $(WERROR) -c $< -o $@

# V=1 shows the commands; CI=true (set by most CI) turns warnings to errors.
ifeq ($(V),)
Q   := @
SAY := @echo
else
SAY := @:
endif
ifneq ($(CI),)
WERROR := -Werror
endif
-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
.SECONDARY:
.DELETE_ON_ERROR:

# ---- targets ---------------------------------------------------------------

.PHONY: all always help deps programs $(MODELS_ALL) harness tests \
        hello bufferevent load report yardstick \
        compare compare-quick compare-full compare-variants c10k check \
        check-unit check-lines check-conformance check-faults check-harness \
        check-calibration check-fuzz check-build check-compare check-mutants \
        check-mutants-all \
        check-promises promises check-all check-bare coverage soak fuzz fuzzers format \
        format-check lint clean install uninstall

all: programs ## build everything that this machine can build (default)
	@if [ -n "$(MISSING)" ]; then \
	    echo "missing here: $(strip $(MISSING)); 'make deps' installs it"; fi
	@echo "built $(words $(SERVERS)) servers in $(BIN). next: make compare"

programs: $(PROGRAMS)

ifneq ($(filter libevent,$(HAVE)),)
$(MODELS_ALL): %: $(BIN)/% ## build one server: blocking, threaded, ...
else
$(filter-out libevent,$(MODELS_ALL)): %: $(BIN)/%
libevent:
	@echo "libevent is not installed here; 'make deps' installs it" >&2
	@exit 1
endif

hello bufferevent load report yardstick: %: $(BIN)/%

tests: $(UNIT_TESTS) $(OUT)/tests/conformance $(OUT)/tests/faults $(SHIM) \
       $(OUT)/tests/harness $(BADSERVERS:%=$(OUT)/tests/%) \
       $(FUZZ_REPLAYS)

harness: $(HARNESS) ## build load, report, compare and the yardstick

# The first use on a bare machine: install what is missing, then start over,
# because everything above was decided without it. DEPS_TRIED lets the second
# start go on with what there is, should a package not be had.
DEPS_HINT := $(if $(DEPS_TRIED),,; 'make deps' installs what is missing)
NEEDS_DEPS := compare compare-quick compare-full compare-variants c10k check \
              check-unit check-lines check-conformance check-faults \
              check-harness check-fuzz check-build check-all coverage \
              check-mutants check-mutants-all check-promises promises
ifneq ($(if $(DEPS_TRIED),,$(MISSING)),)
$(NEEDS_DEPS): deps
	@$(MAKE) --no-print-directory $@ DEPS_TRIED=yes
else

ifneq ($(filter jansson,$(HAVE)),)
COMPARE_FLAGS = --bin=$(BIN) \
    --out=$(OUT)/$(if $(filter c10k,$@),compare-c10k,$@) \
    $(if $(MODELS),--models="$(MODELS)") \
    $(if $(SCENARIOS),--scenarios="$(SCENARIOS)") \
    $(if $(TIME),--time="$(TIME)") $(if $(LIVES),--lives="$(LIVES)")
# Through the environment, so that no quote in it ends anything here.
export SERVER LAUNCHER
SERVER_FLAG = $(if $(SERVER),--server="$$SERVER") \
    $(if $(LAUNCHER),--launcher="$$LAUNCHER") \
    $(if $(COMPARE_HOST),--host="$(COMPARE_HOST)")
# Who wants the table does not want to read of the build.
COMPARE_BUILD = @$(MAKE) -q programs >/dev/null 2>&1 || { \
    echo "building first, which takes some seconds" >&2; \
    $(MAKE) --no-print-directory -j$(shell nproc) programs SAY=@: >&2; }
compare: ## measure the servers side by side (a minute)
	$(COMPARE_BUILD)
	@$(BIN)/compare $(COMPARE_FLAGS) $(SERVER_FLAG)

compare-quick: ## the same in 15 s: to look at, not to quote
	$(COMPARE_BUILD)
	@$(BIN)/compare --quick $(COMPARE_FLAGS) $(SERVER_FLAG)

c10k: ## 10 000 clients, 16 of them busy: who holds them, and at what cost
	$(COMPARE_BUILD)
	@$(BIN)/compare --c10k $(COMPARE_FLAGS) $(SERVER_FLAG)

compare-variants: ## libevent on poll and select, its buffers, swapcontext, large stacks
	$(COMPARE_BUILD)
	@$(BIN)/compare --variants $(COMPARE_FLAGS) $(SERVER_FLAG)

compare-full: ## everything, with the larger sizes (some minutes)
	$(COMPARE_BUILD)
	@$(BIN)/compare --full $(COMPARE_FLAGS) $(SERVER_FLAG)
else
compare compare-quick compare-full compare-variants c10k:
	@echo "compare needs $(PACKAGE_jansson)$(DEPS_HINT)" >&2
	@exit 3
endif

# What compare and the tests need to find, whichever folder they run in.
TEST_ENV = FIVEWAYS_BIN="$(abspath $(BIN))" FIVEWAYS_VARIANT="$(VARIANT)"

ifneq ($(filter check jansson,$(HAVE)),check jansson)
check check-unit check-lines check-conformance check-faults check-harness \
check-fuzz check-build check-all coverage \
check-calibration check-compare check-mutants check-mutants-all \
check-promises promises:
	@echo "the tests need $(PACKAGE_check) and $(PACKAGE_jansson)$(DEPS_HINT)" >&2
	@exit 3
else
# Building uses all CPUs, unless -j says how many. What waits more than it
# computes runs side by side; the harness's tests measure, and run alone. The
# mutants, which test the tests, and check-compare are for CI and check-all.
CHECK_BESIDE := check-conformance check-faults check-unit
CHECK_PARTS := check-lines $(CHECK_BESIDE) check-harness check-fuzz \
               $(if $(VARIANT),,check-promises)
CHECK_ALONE := $(filter-out check-lines $(CHECK_BESIDE),$(CHECK_PARTS))
check: ## prove it correct (3 min at most)
	@$(MAKE) --no-print-directory tests programs \
	    $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
	@$(MAKE) --no-print-directory check-lines
	@tests/side_by_side $(CHECK_BESIDE:%="$(MAKE) --no-print-directory %")
	@for part in $(CHECK_ALONE); do \
	    $(MAKE) --no-print-directory $$part || exit 1; done
	@echo "all tests passed. next: make compare"

check-unit: $(UNIT_TESTS) $(PROGRAMS) ## the unit tests alone
	@$(TEST_ENV) tests/side_by_side $(foreach test,$(UNIT_TESTS),"echo $(test); $(test)")

check-conformance: $(OUT)/tests/conformance $(PROGRAMS) ## every case against each server
	@$(TEST_ENV) tests/conformance/run $(OUT)/tests/conformance

check-faults: $(OUT)/tests/faults $(SHIM) $(PROGRAMS) ## what fails beneath a server, injected
	@$(TEST_ENV) tests/conformance/run $(OUT)/tests/faults

check-lines: $(PROGRAMS) ## the five server.c line up; the contract waits for nothing
	@OBJ="$(OBJ)" tests/lines/run
	@OBJ="$(OBJ)" tests/lines/can_fail

check-harness: $(OUT)/tests/harness $(BADSERVERS:%=$(OUT)/tests/%) $(PROGRAMS) ## load and compare against servers known to be wrong
	@$(TEST_ENV) tests/harness/run

check-calibration: $(OUT)/tests/badserver $(PROGRAMS) ## does compare tell what is so? (five minutes)
	@$(TEST_ENV) tests/harness/calibration

check-compare: $(BADSERVERS:%=$(OUT)/tests/%) $(PROGRAMS) ## compare on odd machines, in odd company, at a rate
	@$(TEST_ENV) tests/harness/run --rest

SUITES := $(OUT)/tests/conformance $(OUT)/tests/faults
check-mutants: $(MUTANTS_FAST) $(SUITES) $(SHIM) ## wrong programs that the tests must find
	@$(TEST_ENV) tests/mutants/run $(OUT)/mutants $(SUITES)

check-mutants-all: $(MUTANTS) $(SUITES) $(SHIM) ## also those that it takes long to find
	@$(TEST_ENV) tests/mutants/run --all $(OUT)/mutants $(SUITES)

check-promises: $(SUITES) ## tests/PROMISES.md is about the tests there are
	@$(TEST_ENV) tests/promises/check $(SUITES)

CASE_RESULTS := $(SUITES:%=%.results)
promises: $(OUT)/tests/harness $(BADSERVERS:%=$(OUT)/tests/%) $(PROGRAMS) ## run the tests it names and write tests/PROMISES.md (5 min)
	@$(TEST_ENV) $(OUT)/tests/harness
	@for part in check-unit check-conformance check-faults \
	    check-mutants-all; do \
	    $(MAKE) --no-print-directory $$part || exit 1; done
	@tests/promises/generate $(CASE_RESULTS) >$(OUT)/PROMISES.md && \
	    tests/promises/the_run $(CASE_RESULTS) $(OUT)/mutants.results \
	    >>$(OUT)/PROMISES.md
	@mv $(OUT)/PROMISES.md tests/PROMISES.md
	@echo "wrote tests/PROMISES.md"

check-fuzz: $(FUZZ_REPLAYS) ## parsers against stored and changed hostile inputs
	@$(TEST_ENV) tests/fuzz/run replay

check-build: $(OUT)/tests/planted $(PROGRAMS) ## that this VARIANT is what it is called
	@$(TEST_ENV) tests/builds/run

check-all: ## all of it in every build, a line for each (BUILDS= narrows it down)
	@tests/builds/matrix $(filter-out check-promises,$(CHECK_PARTS)) \
	    check-compare
	@$(MAKE) --no-print-directory check-mutants-all
	@$(MAKE) --no-print-directory check-promises

check-bare: ## the README on machines that have nothing (root, debootstrap; 10 min)
	@tests/bare/run

ifneq ($(VARIANT),coverage)
coverage: ## lines and branches of the servers that the tests execute
	@$(MAKE) --no-print-directory VARIANT=coverage coverage
else
COVERED_BY := check-unit check-conformance $(filter check-faults,$(CHECK_PARTS))
coverage: $(UNIT_TESTS) $(PROGRAMS)
	@find $(OBJ) -name '*.gcda' -delete
	@$(MAKE) --no-print-directory $(COVERED_BY)
	@tests/coverage/run $(OBJ)
endif
endif
endif

SOAK_SECONDS ?= 1800
SEED ?= 1
soak: $(OUT)/tests/soak $(PROGRAMS) ## verified traffic of every kind, SOAK_SECONDS=1800 SEED=1 MODELS= SOAK_FROM=
	@$(TEST_ENV) $(OUT)/tests/soak --seconds="$(SOAK_SECONDS)" \
	    --seed="$(SEED)" $(MODELS:%=--model=%) \
	    $(if $(SOAK_FROM),--from="$(SOAK_FROM)")

FUZZ_SECONDS ?= 60
fuzz: ## search for inputs that break a parser, FUZZ_SECONDS=60 for each (needs clang)
	@FUZZ_SECONDS="$(FUZZ_SECONDS)" tests/fuzz/run search

fuzzers: $(FUZZERS)

# One package at a time: libevent alone may be missing and the rest works.
deps: ## install what is missing, with apt (through sudo if not root)
	@missing="$(strip $(MISSING) $(MISSING_TOOLS))"; \
	if [ -z "$$missing" ]; then echo "nothing is missing"; exit 0; fi; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	if ! { command -v apt-get && command -v $${sudo:-apt-get}; } >/dev/null; then \
	    echo "please have root install $$missing (Debian's names)" >&2; \
	    exit $(if $(filter deps,$(MAKECMDGOALS)),1,0); fi; \
	echo "installing: $$missing"; \
	$$sudo apt-get -qq update; \
	for package in $$missing; do \
	    DEBIAN_FRONTEND=noninteractive $$sudo apt-get -qq install -y \
	        --no-install-recommends $$package >/dev/null || \
	        echo "could not install $$package" >&2; done

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z%$$(][^ ]*:.*## / \
	    {sub(/^\$$\(MODELS_ALL\)/, "<model>", $$1); \
	     printf "  make %-18s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo "compare takes MODELS=, SCENARIOS=, TIME=5s, LIVES=3,"
	@echo "SERVER=\"name=command {port}\", LAUNCHER=\"ip netns exec NAME\","
	@echo "COMPARE_HOST=ADDRESS; harness/README.md has more on them."
	@echo "each target takes VARIANT= one of: $(VARIANTS). V=1 shows the commands."

SOURCES = $(shell find blocking threaded selectloop coroutine libevent \
            harness tests -name '*.[ch]')
format: ## clang-format every source
	@clang-format -i $(SOURCES)

format-check:
	@clang-format --dry-run --Werror $(SOURCES)

lint: format-check ## clang-format, clang-tidy, shellcheck
	@printf '%s\n' $(filter %.c,$(SOURCES)) | xargs -P 2 -n 8 sh -c \
	    'clang-tidy --quiet "$$@" -- -std=gnu11 -D_GNU_SOURCE -I.' tidy
	@shellcheck -x -P SCRIPTDIR $$(grep -rlE '^#!/bin/(ba)?sh' .ci tests harness)

install: programs ## install the programs to PREFIX/bin as fiveways-NAME
	@for program in $(PROGRAMS); do install -D -m 755 $$program \
	    "$(DESTDIR)$(PREFIX)/bin/fiveways-$$(basename $$program)"; done

uninstall:
	@for program in $(PROGRAMS); do rm -f \
	    "$(DESTDIR)$(PREFIX)/bin/fiveways-$$(basename $$program)"; done

clean: ## remove build/
	@rm -rf build
