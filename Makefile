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

# All of harness/base/models.h; and what a student has made by `new-model`:
# mine/NAME/model has a line as there.
MODELS_ALL  := $(shell tests/models)
MINE_MODELS := $(shell tests/models --mine)
mine_line    = $(shell grep -xE 'MODEL\($(1), .*\)' mine/$(1)/model)
.DEFAULT_GOAL := all

# ---- what the user may set -------------------------------------------------

# A row for each: name | the targets it is for | the flag by which it gets
# there | what it does. What make is given is held against them; `make help`
# and harness/SETTINGS.md are made of them.
define SETTINGS
MODELS | compare% c10k trace count soak demo check% coverage promises | --models= | only these, as MODELS="threaded libevent"; none: only servers of your own
SCENARIOS | compare% c10k | --scenarios= | only these, as SCENARIOS="echo idle"
TIME | compare% c10k | --time= | so long for each scenario, as TIME=5s
LIVES | compare% c10k | --lives= | so many fresh processes of each server, as LIVES=3
LAYOUT | compare% c10k | --layout= | the CPUs of client and server: shared, split or all
SERVER SERVER2 SERVER3 SERVER4 SERVER5 SERVER6 | compare% c10k trace count | --server= | a server of your own each, as SERVER="name=command {port}"
LAUNCHER | compare% c10k | --launcher= | a command that starts each server, as "ip netns exec NAME"
COMPARE_HOST | compare% c10k trace | --host= | the address where servers listen then
START_TIMEOUT | compare% c10k trace count | --start-timeout= | within it a server must be ready, as 20s
SYSCALLS | compare% c10k | --syscalls= | how they are counted: by strace, or none
WHY | compare% c10k | --why | with WHY=1 also system calls by name
BASELINE | compare% c10k count | --baseline= | say what is dearer than in that file, as BASELINE=build/baseline.jsonl
UNTRIED | compare% c10k count | --untried | with UNTRIED=1 your servers are not tried before
OUT | compare% c10k trace count | --out= | the folder of the results, instead of one in build/
CLIENTS | trace | --clients= | so many clients, the last one silent: 2 to 8, instead of 3
HANDSHAKE | trace | --handshake | with HANDSHAKE=yes they greet
SOAK_SECONDS | soak | --seconds= | so long, instead of 1800
SEED | soak grade | --seed= | what chance follows from
SOAK_FROM | soak | --from= | the step to begin with
FUZZ_SECONDS | fuzz check-all | | so long for each parser, instead of 60
BUILDS | check-all | | only these, as BUILDS="plain asan"
BARE_CHECK | check-bare | | what is made there instead of check, as BARE_CHECK=check-unit
CONFORMANCE_CASES | check% coverage promises | | only cases with such names, as CONFORMANCE_CASES=A07,H02
TEST_SLOW | check% coverage promises soak | | deadlines of the tests so many times longer
VARIANT | any | | a build of its own in build/VARIANT, as VARIANT=asan
EXPERIMENT | show | --experiment= | which one: a name that harness/course/misconceptions.md has
ANSWERS | lesson-% | --answers= | a file with your predictions, a line each, as blocking.P1=c
PAUSE | demo | --pause | with PAUSE=1 wait for Enter between the scenes
REPLAY | demo | --replay= | a file of events to be drawn again, without servers
SVG | demo | --svg= | draw it into that file, as one animated picture
A | compare-code | --a= | a model, or a function of it, as A=blocking.conn_echo
B | compare-code | --b= | the one beside it, as B=selectloop.conn_echo_cb
SERVER | grade handin | --server= | the server to be graded, as SERVER="./mine -p {port}"
PROTO | grade handin | --proto= | echo, hello (the handshake) or rfc862
ONLY | grade | --only= | only these tests, as ONLY="slow-reader idle"
ONE_AT_A_TIME | grade | --one-at-a-time | with ONE_AT_A_TIME=1 it promises no more than that
TIMEOUT_SCALE | grade | --timeout-scale= | deadlines so many times longer, on a slow machine
FORMAT | grade | --format= | text, json, gradescope or junit
N | puzzle | --n= | which one
LIST | puzzle | --list | with LIST=1 all of them, and how far you are
HINT | puzzle | --hint= | so many hints, 1 to 3
NAME | new-model | | what it is called, as NAME=epoll
ASSIGNMENT | handin | --assignment= | which one, 1 to 5
INCOMPLETE | handin | --incomplete | with INCOMPLETE=1 also without what is missing, which it says
FROM | report book lesson-% claims new-model | | the results it is of, as FROM=build/compare-c10k/results.jsonl; the model it begins as
V | any | | with V=1 the commands are shown
CI | any | | with CI=1 warnings are errors
CC CFLAGS CPPFLAGS LDFLAGS LDLIBS | any | | the compiler and its flags
PKG_CONFIG PKG_CONFIG_% | any | | what finds libevent, jansson and Check, and where
PREFIX DESTDIR | any | | `make install` puts things into DESTDIR/PREFIX/bin
NO_COLOR TERM | any environment | | no colour, unless NO_COLOR is empty; none with TERM=dumb either
COLUMNS | any environment | | how wide tables may be: 60 to 100
EVENT_NO% | any environment | | what libevent may not use, as EVENT_NOEPOLL=1
endef
# What else tools read, or who makes packages says; nobody needs to be told.
OTHERS := SHELL MAKE% GNUMAKEFLAGS PATH HOME TMPDIR LANG LC_% CK_% SHIM_% \
          ASAN_% LSAN_% TSAN_% UBSAN_% ONLY_TEST CXX% AR LD NM INSTALL AM_% \
          CPATH C_INCLUDE_PATH COMPILER_PATH LIBRARY_PATH LD_% GCC_% CCACHE_% \
          MALLOC_% GLIBC_TUNABLES SOURCE_DATE_EPOCH %_proxy JOBS DEPS_TRIED \
          WARNINGS WERROR
# What can be asked for, in so far as it is no file in build/.
COMPARES := compare compare-quick compare-full compare-variants compare-more \
            c10k trace count
# Those of the course.
LESSONS   := $(MODELS_ALL:%=lesson-%) lesson-measuring
EXERCISES := $(MODELS_ALL:%=exercise-%)
COURSES   := $(LESSONS) $(EXERCISES) show lie demo claims book compare-code \
             puzzle grade
# What an instructor or a student starts beside them: scripts.
HOMEWORK  := new-model doctor handin slides
TESTING  := check check-unit check-lines check-conformance check-faults \
            check-harness check-calibration check-fuzz check-build check-all \
            check-compare check-mutants check-mutants-all check-promises \
            promises coverage
TARGETS  := all help deps deps-browser programs $(MODELS_ALL) $(MINE_MODELS) hello \
            bufferevent harness load report yardstick course tests \
            $(COMPARES) $(COURSES) $(HOMEWORK) \
            check-course check-docs check-grade $(TESTING) \
            check-make check-browser check-bare soak fuzz fuzzers format \
            format-check lint clean install uninstall

CFLAGS     ?= -O2 -g
PKG_CONFIG ?= pkg-config
PREFIX     ?= /usr/local
# Empty unless the user says otherwise.
$(foreach name,CPPFLAGS LDFLAGS LDLIBS VARIANT V CI DESTDIR,\
    $(eval $(name) ?=))
# Of what is on or off.
OFF := 0 no false off
$(foreach name,V CI,$(if $(filter $(OFF),$($(name))),\
    $(eval override $(name) :=)))

# ---- what the user has set -------------------------------------------------

blank :=
blank := $(blank) $(blank)
tab := $(subst $(blank),,$(blank)	$(blank))
comma := ,
define newline


endef
# A word for the shell, whatever is in it.
quote = '$(subst ','\'',$(1))'
# A row is a word, with ~ for a blank.
ROWS    := $(subst $(newline),$(blank),$(subst $(blank),~,$(SETTINGS)))
column   = $(strip $(subst ~, ,$(word $(1),$(subst |, ,$(2)))))
rows_of  = $(strip $(foreach row,$(ROWS),\
               $(if $(filter $(call column,1,$(row)),$(1)),$(row))))
targets  = $(sort $(foreach row,$(rows_of),$(call column,2,$(row))))
FLAGGED := $(foreach row,$(ROWS),$(if $(call column,3,$(row)),$(row)))
GOALS   := $(or $(MAKECMDGOALS),all)
goals_of = $(filter $(call targets,$(1)),$(GOALS))
# What compare gets is taken from make's command line only: who knows what a
# shell has. And as it was typed: a $ in it is for the server's shell, $$ too.
# Of what it would have got from the environment, this is the name.
from_command_line = $(if $(filter command,$(origin $(1))),\
    $(eval override $(1) := $$(subst $$$$$$$$,$$$$,$$(value $(1))))\
    $(eval export $(1)),$(if $(filter-out $(COMPARES) $(COURSES) $(HOMEWORK),$(goals_of)),\
        $(eval $(1) ?=),\
        $(if $(and $(value $(1)),$(goals_of)),$(1)=)$(eval override $(1) :=)))
PASSED_OVER := $(strip $(foreach name,$(sort $(foreach row,$(FLAGGED),$(call \
    column,1,$(row)))),$(call from_command_line,$(name))))
# The flags of this target. Values go through the environment, so that no
# quote in one ends anything here.
flag_of = $(if $(filter-out $(if $(filter %=,$(2)),,$(OFF)),$($(1))),\
              $(patsubst %=,%="$$$(1)",$(2)))
GIVEN_FLAGS = $(strip $(foreach row,$(FLAGGED),\
    $(if $(filter $(call column,2,$(row)),$@),$(foreach \
        name,$(call column,1,$(row)),\
        $(call flag_of,$(name),$(call column,3,$(row)))))))

# Who mistypes one is told. In MAKEOVERRIDES a blank inside a value is behind
# a backslash. A make that was called by another has what that one was given.
GIVEN := $(if $(filter-out undefined,$(origin MAKEOVERRIDES)),$(MAKEOVERRIDES))
GIVEN := $(subst \$(blank),~,$(subst \\,~,$(GIVEN)))
GIVEN := $(subst \$(tab),~,$(subst $(newline),~,$(GIVEN)))
GIVEN := $(sort $(foreach word,$(GIVEN),$(firstword $(subst =, ,$(subst :, ,$(word))))))
# list NAMES WORD
list = $(subst $(blank),$(blank)$(2)$(blank),$(strip $(1)))
# How much alike two names are: letters in the same order.
define ALIKE
function alike(a, b,   i, j, n) {
    for (i = 1; i <= length(a); i++) for (j = 1; j <= length(b); j++)
        n[i, j] = substr(a, i, 1) == substr(b, j, 1) ? n[i - 1, j - 1] + 1 :
            n[i - 1, j] > n[i, j - 1] ? n[i - 1, j] : n[i, j - 1];
    return 2 * n[length(a), length(b)] / (length(a) + length(b)); }
{ for (i = best = 2; i <= NF; i++) {
      like[i] = alike(toupper($$1), toupper($$i));
      if (length($$1) > 3 && index(toupper($$i), toupper($$1)))
          like[i] += .2;
      if (like[i] > like[best]) best = i; }
  for (i = 2; i <= NF; i++)
      if (like[i] > .65 && like[i] > like[best] - .05) print $$i; }
endef
NAMES  := $(filter-out %%,$(foreach row,$(ROWS),$(call column,1,$(row))))
alike   = $(shell echo $(call quote,$(1)) $(2) | awk $(call quote,$(ALIKE)))
# One that this goal has may have the name as a part, or be a part of it.
related = $(foreach name,$(NAMES),$(if $(and $(call goals_of,$(name)),\
              $(findstring $(1),$(name))$(findstring $(name),$(1))),$(name)))
meant   = $(if $(strip $(1)), (did you mean $(call list,$(1),or)?))
unknown = $(error $(1)= is not known here$(call meant,$(addsuffix =,$(call alike,$(1),$(NAMES)))); 'make help' lists what can be set)
useless = $(error $(1)= does nothing for 'make $(GOALS)'; it is for $(call list,$(subst %,*,$(targets)),or)$(call meant,$(addsuffix =,$(related))))
ifeq ($(MAKELEVEL),0)
# Before anything runs. Who says `test` wants them to be run.
$(foreach goal,$(filter-out $(TARGETS) build/%,$(GOALS)),\
    $(error 'make $(goal)' is not known here$(call meant,$(call alike,$(goal:test=check),$(TARGETS))); 'make help' lists what can be made))
$(foreach name,$(filter-out $(OTHERS),$(GIVEN)),\
    $(if $(call rows_of,$(name)),,$(call unknown,$(name)))\
    $(if $(filter any,$(call targets,$(name)))$(call goals_of,$(name)),,\
        $(call useless,$(name))))
$(foreach name,PREFIX DESTDIR OUT,$(if $(filter ~%,$(firstword $($(name)))),\
    $(error $(name)=$($(name)): your shell has left the ~ as it is; please write $$HOME instead)))
ifneq ($(PASSED_OVER),)
$(shell echo '$(call list,$(PASSED_OVER),and) of the environment $(if \
    $(word 2,$(PASSED_OVER)),are,is) not looked at; please write $(if \
    $(word 2,$(PASSED_OVER)),them,it) behind make' >&2)
endif
ifneq ($(if $(filter SERVER,$(GIVEN)),$(filter-out 0 1,\
    $(shell tr '\0' '\n' </proc/$$PPID/cmdline | grep -c '^SERVER='))),)
$(error SERVER= is there twice, and make sees only the last; please call the others SERVER2= to SERVER6=)
endif
endif

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
# The plain build has no flags of its own.
FLAGS_ :=
LDFLAGS_ :=
VARIANTS := asan tsan coverage hardened clang valgrind fuzz
ifneq ($(VARIANT),)
ifeq ($(filter $(VARIANT),$(VARIANTS)),)
$(error VARIANT=$(VARIANT) is not known; it may be one of: $(VARIANTS))
endif
endif

BUILD := build$(addprefix /,$(VARIANT))
BIN := $(BUILD)/bin
OBJ := $(BUILD)/obj

# Where a text is to stay empty, so is its format.
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wvla -Wpointer-arith -Wwrite-strings -Wno-psabi \
            -Wno-format-zero-length
BASE_CFLAGS := -std=gnu11 -D_GNU_SOURCE -I. -I$(BUILD) -pthread $(WARNINGS) -MMD -MP

# ---- what this machine has -------------------------------------------------

PACKAGE_libevent := libevent-dev
PACKAGE_check    := check
PACKAGE_jansson  := libjansson-dev
# $(shell) does not see what is set on make's command line; pkg-config shall.
ask := $(foreach name,$(filter PKG_CONFIG_%,$(GIVEN)),$(name)=$(call quote,$($(name)))) $(PKG_CONFIG)
ifeq ($(shell command -v $(firstword $(PKG_CONFIG))),)
ifneq ($(PKG_CONFIG),pkg-config)
$(error PKG_CONFIG=$(PKG_CONFIG) is no program that can be started here)
endif
endif
HAVE    := $(foreach m,libevent check jansson,\
             $(shell $(ask) --exists $(m) 2>/dev/null && echo $(m)))
$(foreach m,libevent check jansson,$(foreach what,cflags libs,\
    $(eval $(what)_$(m) := \
        $(if $(filter $(m),$(HAVE)),$$(shell $$(ask) --$(what) $(m))))))
MISSING := $(foreach m,$(filter-out $(HAVE),libevent check jansson),\
             $(PACKAGE_$(m)))
ifneq ($(MISSING),)
MISSING := $(if $(shell command -v pkg-config),,pkg-config )$(strip $(MISSING))
endif
# Without these the tests that use them are skipped, and without strace and
# valgrind compare counts no system calls and no instructions; `deps` installs
# them, but nothing asks for it, but for slides, which asks for its own.
MISSING_TOOLS = $(foreach t,strace valgrind socat ncat nc.openbsd ss xmllint cmark-gfm,\
                  $(if $(shell command -v $(t)),,\
                    $(patsubst xmllint,libxml2-utils,$(patsubst \
                      nc.openbsd,netcat-openbsd,$(t:ss=iproute2)))))

MODELS_HERE := $(if $(filter libevent,$(HAVE)),$(MODELS_ALL),\
                 $(filter-out libevent,$(MODELS_ALL)))

# ---- what is made of what --------------------------------------------------

COMPILE = $(CC) $(BASE_CFLAGS) $(CPPFLAGS) $(CFLAGS) $(FLAGS_$(VARIANT))
LINK    = $(CC) $(LDFLAGS_$(VARIANT)) $(FLAGS_$(VARIANT)) $(CFLAGS) -pthread \
          $(LDFLAGS)
# What things are made with, a file for each: written when that has changed, so
# that what was made with it is made anew. Looked at here and not in a recipe,
# which `make -n` would expand and `make -q` take for work to be done; `strip`,
# because make 4.3 leaves a newline behind what is longer than 200 bytes.
WITH := $(BUILD)/made-with
with_compile = $(COMPILE)
with_link    = $(LINK) ... $(LDLIBS)
$(foreach m,libevent check jansson,\
    $(eval with_$(m) := $$(cflags_$(m)) $$(libs_$(m))))
# That of models is read by harness/base/models.h.
with_models = \#define MODELS_OF_MINE(MODEL) $(foreach m,$(MINE_MODELS),$(call mine_line,$(m)))
$(foreach it,compile link libevent check jansson models,\
    $(if $(subst |$(strip $(file <$(WITH)/$(it)))|,,|$(strip $(with_$(it)))|),\
        $(eval $(WITH)/$(it): always)))
# A compiler that takes no file at all with these flags shall say itself why.
no_glibc = $(shell \
    takes() { $(CC) $(CPPFLAGS) $(CFLAGS) -dM -E "$$@" -x c /dev/null 2>&1; }; \
    takes -include features.h | grep -q '__GLIBC__ ' || { \
        command -v $(firstword $(CC)) && ! takes; } >/dev/null || echo none)
$(WITH)/%:
	@mkdir -p $(@D)
	$(if $(filter compile,$*),$(if $(no_glibc),$(error $(CC) cannot build this: \
	    it takes a C compiler for Linux with glibc, which on Debian are gcc and \
	    libc6-dev)))
	@printf '%s\n' $(call quote,$(with_$*)) >$@

# objects of a folder; all_but: without those of one source.
objects = $(patsubst %.c,$(OBJ)/%.o,$(wildcard $(1)/*.c))
all_but = $(filter-out $(2:%.c=$(OBJ)/%.o),$(objects))

SERVERS  := $(MODELS_HERE:%=$(BIN)/%)
COMPANIONS := $(BIN)/hello $(if $(filter libevent,$(HAVE)),$(BIN)/bufferevent)
BASE     := $(call objects,harness/base)
CONTRACT := $(call objects,harness/contract) $(BASE)
CO       := $(patsubst %.c,$(OBJ)/%.o,$(wildcard coroutine/co*.c))
LOAD     := $(call all_but,harness/load,harness/load/load.c) $(BASE)
RESULTS  := $(call objects,harness/results)
REPORT   := $(call all_but,harness/report,harness/report/report.c)
COMPARE  := $(call all_but,harness/compare,harness/compare/yardstick.c)
GRADE    := $(filter $(OBJ)/harness/course/grade%,\
              $(call objects,harness/course))
COURSE   := $(filter-out $(GRADE),$(call objects,harness/course))

# Those of a student's own are in every list; one that does not compile is no
# obstacle, unless it was asked for.
MINE_SERVERS := $(MINE_MODELS:%=$(BIN)/%)
MINE_ASKED   := $(filter $(GOALS) $(subst $(comma), ,$(MODELS)) \
                  $(patsubst mine/%,%,$(SERVER)),$(MINE_MODELS))

HARNESS := $(BIN)/yardstick $(if $(filter jansson,$(HAVE)),\
             $(BIN)/load $(BIN)/report $(BIN)/compare $(BIN)/course \
             $(if $(filter check,$(HAVE)),$(BIN)/grade))
PROGRAMS := $(SERVERS) $(COMPANIONS) $(HARNESS) \
            $(if $(MODELS),$(MINE_ASKED:%=$(BIN)/%),$(MINE_SERVERS))

$(foreach m,$(MODELS_ALL),$(eval $(BIN)/$(m): \
    $(call all_but,$(m),coroutine/hello.c libevent/bufferevent.c) $(CONTRACT)))
$(BIN)/bufferevent: $(call all_but,libevent,libevent/server.c) $(CONTRACT)
$(BIN)/hello:      $(OBJ)/coroutine/hello.o $(CO) $(BASE)
$(BIN)/load:       $(OBJ)/harness/load/load.o $(LOAD)
$(BIN)/yardstick:  $(OBJ)/harness/compare/yardstick.o $(CONTRACT)
$(BIN)/report:     $(OBJ)/harness/report/report.o $(REPORT) $(RESULTS) $(LOAD)
$(BIN)/compare:    $(COMPARE) $(REPORT) $(RESULTS) $(LOAD)
$(BIN)/course:     $(COURSE) $(filter-out %/compare.o,$(COMPARE)) $(REPORT) \
                   $(RESULTS) $(LOAD)
# The tests' clients, at any server that compare can start.
$(BIN)/grade:      $(GRADE) $(OBJ)/harness/course/tables.o \
                   $(filter %/server.o %/server_line.o %/server_watch.o, \
                     $(COMPARE)) $(REPORT) $(RESULTS) $(LOAD) \
                   $(patsubst %,$(OBJ)/tests/conformance/%.o,client models \
                     patience payload process tally verdict)

# Its own headers come before ours.
$(foreach m,$(MINE_MODELS),$(eval $(BIN)/$(m): $(wildcard mine/$(m)/*.[ch])))
$(MINE_SERVERS): $(CONTRACT) $(WITH)/compile $(WITH)/link
	@mkdir -p $(@D)
	$(SAY) "  MINE  $@"
	$(Q)$(filter-out -MMD -MP,$(COMPILE)) -iquote mine $(cflags_libevent) $(LDFLAGS_$(VARIANT)) \
	    $(LDFLAGS) $(filter %.c %.o,$^) $(if $(findstring LIBEVENT,$(call \
	        mine_line,$(@F))),$(libs_libevent)) $(LDLIBS) -o $@ || { rm -f $@; \
	    echo "mine/$(@F) does not compile: please mend what is said above" >&2; \
	    $(if $(filter $(@F),$(MINE_ASKED)),exit 1; )}

# What students make of a copy of ours.
MINE := $(filter $(MODELS_HERE),$(notdir $(wildcard mine/*)))
MINE_PROGRAMS := $(MINE:%=$(BUILD)/mine/%)
$(foreach m,$(MINE),$(eval $(BUILD)/mine/$(m): $(call objects,mine/$(m)) \
    $(CONTRACT)))
# ... and of a wrong one: mine/puzzle-N/MODEL makes build/mine/puzzle-N.
PUZZLES := $(patsubst %/server.c,%,$(wildcard $(foreach \
    m,$(MODELS_ALL),mine/puzzle-[0-9]/$(m)/server.c mine/puzzle-[0-9][0-9]/$(m)/server.c)))
MINE_PROGRAMS += $(patsubst %/,$(BUILD)/%,$(dir $(PUZZLES)))
$(foreach p,$(PUZZLES),$(eval $(BUILD)/$(patsubst %/,%,$(dir $(p))): \
    $(call objects,$(p)) $(CONTRACT)))

# Ready-made models, to be measured beside the five.
MORE := $(patsubst tests/foreign/models/%.c,$(BUILD)/more/%,\
          $(wildcard tests/foreign/models/*.c)) $(BUILD)/more/epoll
$(filter-out %/epoll,$(MORE)): $(BUILD)/more/%: \
    $(OBJ)/tests/foreign/models/%.o
$(BUILD)/more/epoll: $(call objects,tests/foreign/models/epoll) $(CONTRACT)
$(BUILD)/more/go: tests/foreign/models/echo.go
	@mkdir -p $(@D)
	$(Q)go build -o $@ $<
	$(SAY) "  GO    $@"
MORE_WANTED := # of them, by this target
MORE += $(if $(wildcard $(patsubst %,%/go,$(subst :, ,$(PATH)))),\
          $(BUILD)/more/go)

OWN_CFLAGS  :=
OWN_LDFLAGS :=
OWN_LIBS    :=
$(BIN)/libevent $(BIN)/bufferevent: OWN_LIBS = $(libs_libevent)
$(BIN)/libevent $(BIN)/bufferevent $(call objects,libevent): $(WITH)/libevent
$(call objects,libevent): OWN_CFLAGS = $(cflags_libevent)
$(BIN)/load $(BIN)/report $(BIN)/compare $(BIN)/course: OWN_LIBS = $(libs_jansson) -lm
$(BIN)/grade: OWN_LIBS = $(TEST_LIBS)
$(GRADE): OWN_CFLAGS = $(TEST_CFLAGS)
$(BIN)/grade $(GRADE): $(WITH)/check $(WITH)/jansson
READERS := $(filter-out $(BASE),$(LOAD) $(RESULTS) $(COMPARE) $(COURSE))
$(BIN)/load $(BIN)/report $(BIN)/compare $(BIN)/course $(READERS): \
    $(WITH)/jansson
$(READERS): OWN_CFLAGS = $(cflags_jansson)
$(BUILD)/mine/libevent: OWN_LIBS = $(libs_libevent)
$(BUILD)/mine/puzzle-%: OWN_LIBS = -Wl,--as-needed $(libs_libevent)
$(OBJ)/mine/%.o: OWN_CFLAGS = -iquote $(<D)/.. $(cflags_libevent)
# glibc's fortified longjmp takes a jump to another stack for an attack;
# co_switch.c jumps between stacks for a living. Nothing else is built without.
$(OBJ)/coroutine/co_switch.o $(OBJ)/mine/coroutine/co_switch.o \
$(PUZZLES:%=$(OBJ)/%/co_switch.o): \
    OWN_CFLAGS += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=0

# What its assembler takes in the compiler does not know of.
$(OBJ)/harness/report/style.o: $(wildcard harness/report/*.css)

# Tests. A file in tests/unit/ is a program; the other folders are one each.
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,\
                $(wildcard tests/unit/test_*.c))
# What several of them need.
UNIT_SHARED := run_suite made
UNIT_PARTS := $(CONTRACT) $(LOAD) $(RESULTS) $(REPORT) \
              $(filter-out %/compare.o,$(COMPARE)) \
              $(OBJ)/selectloop/reactor.o $(CO)
TEST_LIBS   = $(libs_check) $(libs_jansson) -lm
TEST_CFLAGS = $(cflags_check) $(cflags_jansson)
$(patsubst %.c,$(OBJ)/%.o,$(wildcard tests/*/*.c tests/*/*/*.c)): \
    $(WITH)/check $(WITH)/jansson
$(OBJ)/tests/%.o: OWN_CFLAGS = $(TEST_CFLAGS)
$(BUILD)/tests/%: OWN_LIBS = $(TEST_LIBS)
# A frame that steps over a guard page is only held where its pages are
# touched one by one.
$(OBJ)/tests/unit/test_co_frames.o: OWN_CFLAGS += -fstack-clash-protection
$(UNIT_TESTS): $(BUILD)/tests/%: $(OBJ)/tests/unit/%.o \
               $(UNIT_SHARED:%=$(OBJ)/tests/unit/%.o) $(UNIT_PARTS)
$(BUILD)/tests/conformance: $(call objects,tests/conformance)
# The faults are cases of their own on the same ground: servers, clients and
# main are conformance's. The shim goes into servers, not into the program.
SHIM := $(BUILD)/tests/shim.so
SANITIZED := $(filter asan tsan,$(VARIANT))
$(BUILD)/tests/faults: $(call all_but,tests/faults,tests/faults/shim.c) \
    $(patsubst %,$(OBJ)/tests/conformance/%.o,main client expect models \
      patience payload plan process results server tally verdict valgrind)
$(SHIM): tests/faults/shim.c $(WITH)/compile
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) -MF $(OBJ)/shim.d -O2 -g $(WERROR) -fPIC \
	    $(if $(SANITIZED),-DSHIM_SPARES_MEMORY) -shared $< -ldl -lrt -o $@
	$(SAY) "  LINK  $@"
$(BUILD)/tests/planted: $(OBJ)/tests/builds/planted.o
$(BUILD)/tests/soak: $(call objects,tests/soak) \
    $(patsubst %,$(OBJ)/tests/conformance/%.o,client expect models patience \
      payload process server tally verdict valgrind)
BADSERVER := $(BUILD)/tests/badserver
$(BUILD)/tests/harness: $(call objects,tests/harness) \
                         $(OBJ)/tests/unit/run_suite.o $(LOAD)
$(BADSERVER): $(call objects,tests/harness/badserver) $(BASE)
# A mutant is a right program with a patch: a server, or the tests of a unit or
# of the harness with a wrong one in them. Those that no case kills fast are
# left out of the fast check, and all of them where there is no patch(1).
mutants = $(if $(shell command -v patch),$(patsubst \
            tests/mutants/%.diff,$(BUILD)/mutants/%,$(1)))
MUTANTS := $(call mutants,$(shell grep -lE \
             '^(model: ($(subst $(blank),|,$(strip $(MODELS_HERE) \
                $(filter bufferevent,$(notdir $(COMPANIONS))))))|unit: .*|harness: .*)$$' \
             tests/mutants/*.diff))
MUTANTS_FAST := $(filter $(MUTANTS),$(call mutants,\
                  $(shell grep -l '^killed by: ' tests/mutants/*.diff)))
MUTANT_UNIT := $(UNIT_SHARED:%=$(OBJ)/tests/unit/%.o) $(sort $(UNIT_PARTS))
MUTANT_HARNESS := $(call objects,tests/harness) \
                  $(OBJ)/tests/unit/run_suite.o $(LOAD)
$(MUTANTS): $(BUILD)/mutants/%: tests/mutants/%.diff tests/mutants/build \
            tests/mutants/only.c $(WITH)/compile $(PROGRAMS) $(UNIT_TESTS) \
            $(BUILD)/tests/harness $(BADSERVER)
	@mkdir -p $(@D)
	$(Q)CC=$(call quote,$(CC)) CFLAGS=$(call quote,-std=gnu11 -D_GNU_SOURCE \
	        -I. -I$(BUILD) -pthread $(CPPFLAGS) $(CFLAGS) $(cflags_libevent) $(TEST_CFLAGS)) \
	    SERVER_LIBS=$(call quote,$(LDFLAGS) $(libs_libevent) $(LDLIBS)) \
	    TEST_LIBS=$(call quote,$(LDFLAGS) $(TEST_LIBS) $(LDLIBS)) \
	    UNIT_OBJECTS="$(MUTANT_UNIT)" HARNESS_OBJECTS="$(MUTANT_HARNESS)" \
	    OBJ="$(OBJ)" BIN="$(BIN)" tests/mutants/build $< $@
	$(SAY) "  MUTANT $@"

# A target of the fuzzer is linked with libFuzzer (VARIANT=fuzz), and with
# replay.c, which any compiler takes.
FUZZ_TARGETS := hello options results
FUZZ_PARTS   := $(CONTRACT) $(REPORT) $(RESULTS) $(LOAD) \
                $(OBJ)/tests/conformance/hello_rule.o
FUZZERS      := $(FUZZ_TARGETS:%=$(BUILD)/tests/fuzz-%)
FUZZ_REPLAYS := $(FUZZERS:%=%-replay)
$(FUZZERS): $(BUILD)/tests/fuzz-%: $(OBJ)/tests/fuzz/%.o $(FUZZ_PARTS)
$(FUZZ_REPLAYS): $(BUILD)/tests/fuzz-%-replay: $(OBJ)/tests/fuzz/%.o \
                 $(OBJ)/tests/fuzz/replay.o $(FUZZ_PARTS)
$(FUZZERS): private OWN_LDFLAGS += -fsanitize=fuzzer
$(BUILD)/tests/fuzz-options $(BUILD)/tests/fuzz-options-replay: \
    private OWN_LDFLAGS += -Wl,--wrap=exit,--wrap=argp_parse

TESTS := $(UNIT_TESTS) $(BUILD)/tests/conformance $(BUILD)/tests/faults \
         $(BUILD)/tests/harness $(BUILD)/tests/soak $(BUILD)/tests/planted \
         $(BADSERVER) $(FUZZERS) $(FUZZ_REPLAYS)
$(TESTS): $(WITH)/check $(WITH)/jansson
$(filter-out $(MINE_SERVERS),$(PROGRAMS)) $(TESTS) $(MINE_PROGRAMS) \
$(filter-out %/go,$(MORE)): $(WITH)/link
	@mkdir -p $(@D)
	$(Q)$(LINK) $(OWN_LDFLAGS) $(filter %.o,$^) $(OWN_LIBS) $(LDLIBS) -o $@
	$(SAY) "  LINK  $@"

$(OBJ)/%.o: %.c $(WITH)/compile | $(WITH)/models
	@mkdir -p $(@D)
	$(SAY) "  CC    $<"
	$(Q)$(COMPILE) $(OWN_CFLAGS) $(WERROR) -c $< -o $@

# V=1 shows the commands, and make -s nothing; CI=true (set by most CI) turns
# warnings to errors.
Q   := $(if $(V),,@)
SAY := $(if $(V)$(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),@:,@echo)
WERROR := $(if $(CI),-Werror)
-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
.SECONDARY:
.DELETE_ON_ERROR:

# ---- targets ---------------------------------------------------------------

.PHONY: $(TARGETS) always

all: programs ## build everything that this machine can build
	@if [ -n "$(MISSING)" ]; then \
	    echo "missing here: $(strip $(MISSING)); 'make deps' installs it"; fi
	$(SAY) "built $(words $(SERVERS)) servers in $(BIN). next: make compare"

# `make -j4 clean all`: whatever else is asked for comes after clean.
ifeq ($(firstword $(GOALS)),clean)
$(filter-out clean,$(GOALS)): | clean
$(addprefix $(WITH)/,compile link libevent jansson check models): always | clean
endif

programs: $(PROGRAMS)

ifneq ($(filter libevent,$(HAVE)),)
$(MODELS_ALL): %: $(BIN)/% ## build one server: blocking, threaded, ...
else
$(filter-out libevent,$(MODELS_ALL)): %: $(BIN)/%
libevent:
	@echo "libevent is not installed here; 'make deps' installs it" >&2
	@exit 1
endif

$(MINE_MODELS) hello bufferevent load yardstick course: %: $(BIN)/%

tests: $(SHIM) $(filter-out %/planted $(FUZZERS),$(TESTS))

# All CPUs, unless -j says how many, or JOBS= does: as 2, or as -j2.
JOBS = $(shell nproc)
PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(or $(JOBS:-j%=%),1))

harness: $(HARNESS) ## build load, report, compare and the yardstick

# Scripts, on a machine that has nothing as well, but for slides.
OF_FROM = $(if $(filter command,$(origin FROM)),--from=$(call quote,$(FROM)))
new-model: ## a model of your own in mine/NAME, NAME=epoll
	@TAKEN="$(TARGETS)" harness/course/new-model $(call quote,$(NAME)) $(OF_FROM)
doctor: ## what works here, what does not, what to do
	@BIN=$(BIN) CC=$(call quote,$(CC)) harness/course/doctor
handin: ## one archive of what an assignment asks for
	@BIN=$(BIN) harness/course/handin $(GIVEN_FLAGS)
slides: MISSING_TOOLS = cmark-gfm
slides: $(if $(shell command -v cmark-gfm),,deps) ## the lecture as one page: build/slides.html
	@mkdir -p $(BUILD) && harness/course/slides >$(BUILD)/slides.new && \
	    mv $(BUILD)/slides.new $(BUILD)/slides.html && echo "open $(BUILD)/slides.html"

DEPS_TRIED :=
# The first use on a bare machine: install what is missing, then start over,
# because everything above was decided without it. DEPS_TRIED lets the second
# start go on with what there is, should a package not be had.
DEPS_HINT := $(if $(DEPS_TRIED),,; 'make deps' installs what is missing)
ifneq ($(if $(DEPS_TRIED),,$(MISSING)),)
$(COMPARES) $(COURSES) $(TESTING): deps
	@$(MAKE) --no-print-directory $@ DEPS_TRIED=yes
else

ifneq ($(filter jansson,$(HAVE)),)
MODE = $(patsubst trace,compare-trace,$(@:c10k=compare-c10k))
COMPARE_FLAGS = $(patsubst %,--%,$(patsubst compare-%,%,\
    $(filter-out compare compare-more,$(MODE)))) --bin=$(BIN) \
    $(if $(OUT),,--out=$(BUILD)/$(MODE:compare-trace=trace)) $(GIVEN_FLAGS)
# Who wants the table does not want to read of the build.
COMPARE_BUILD = +@$(MAKE) -q programs $(MORE_WANTED) >/dev/null 2>&1 || { \
    echo "building first, which takes some seconds" >&2; \
    $(MAKE) --no-print-directory $(PARALLEL) programs $(MORE_WANTED) SAY=@: >&2; }
compare: ## measure the servers side by side (a minute)
compare-quick: ## the same in 15 s: to look at, not to quote
c10k: ## ten thousand clients, 16 of them busy (two minutes)
compare-variants: ## poll, libevent's buffers, swapcontext, large stacks
trace: ## who waits for whom: a few clients through each server
count: ## instructions of an echo, by function (some seconds)
compare-full: ## everything, with the larger sizes (some minutes)
compare-more: ## poll, prefork, io_uring, Go, ... (some minutes)
compare-more: MORE_WANTED = $(MORE)
$(COMPARES):
	$(COMPARE_BUILD)
	@$(if $(MORE_WANTED),tests/foreign/models/with $(BUILD)/more) \
	    $(BIN)/compare $(COMPARE_FLAGS)

FROM ?= $(BUILD)/compare/results.jsonl
report: $(BIN)/report ## make the page of FROM= again, without measuring
	@from=$(call quote,$(FROM)); page=$$(dirname "$$from")/$$(basename "$$from" .jsonl).html; \
	page=$$(printf %s "$$page" | sed 's:/results\.html$$:/report.html:'); \
	page_text=$$($(BIN)/report --html "$$from") || exit 3; \
	printf '%s\n' "$$page_text" >"$$page" && echo "open $$page"
else
report:
	@echo "report needs $(PACKAGE_jansson)$(DEPS_HINT)" >&2
	@exit 3
$(COMPARES):
	@echo "compare needs $(PACKAGE_jansson)$(DEPS_HINT)" >&2
	@exit 3
endif

# ---- the course ------------------------------------------------------------

ifneq ($(filter jansson,$(HAVE)),)
COURSE_RUN = @$(BIN)/course
lie demo show: programs
	$(COURSE_RUN) $@ $(GIVEN_FLAGS)
$(LESSONS): lesson-%: programs ## predict, run, and see yours beside it
	$(COURSE_RUN) lesson $(GIVEN_FLAGS) $(OF_FROM) $*
# The first time a copy, which is the student's: nothing is put over it.
$(EXERCISES): exercise-%: programs ## is the task of that lesson done?
	@if [ -r mine/$*/server.c ]; then $(BIN)/course exercise $*; else \
	    mkdir -p mine/$* && cp -n $*/*.[ch] mine/$* && \
	    rm -f mine/$*/hello.c mine/$*/bufferevent.c && \
	    echo "The sources are yours now, in mine/$*. Edit them there, and then again:" && \
	    echo "  make exercise-$*"; fi
lie: ## one stall, seen by a closed and an open loop (4 s)
demo: ## who waits and who is served, live (15 s)
show: ## run one experiment, EXPERIMENT=
claims: programs ## which claims of the pages hold on this machine
	$(COURSE_RUN) claims $(GIVEN_FLAGS) $(OF_FROM)
book: programs ## the five servers side by side: build/book.html
	$(COURSE_RUN) book $(GIVEN_FLAGS) $(OF_FROM)
compare-code: $(BIN)/course ## two of them in the terminal, A= B=
	$(COURSE_RUN) code $(GIVEN_FLAGS)
# SERVER=mine/NAME is what is made of that folder.
MINE_GRADED := $(if $(filter grade,$(GOALS)),$(if $(word 2,$(SERVER)),,$(filter \
    $(MINE_SERVERS) $(MINE_PROGRAMS),$(SERVER:mine/%=$(BIN)/%) $(BUILD)/$(SERVER))))
ifneq ($(MINE_GRADED),)
override SERVER := $(MINE_GRADED) -p {port}
endif
grade: MORE_WANTED = $(MINE_GRADED)
grade: ## what does your server do? SERVER="./mine -p {port}"
	$(COMPARE_BUILD)
	@$(if $(filter check,$(HAVE)),$(BIN)/grade $(if $(V),--verbose) $(GIVEN_FLAGS),\
	    echo "the grader needs $(PACKAGE_check)$(DEPS_HINT)" >&2; exit 3)
# The cases of the tests say whether it is right.
puzzle: programs $(if $(filter check,$(HAVE)),\
          $(addprefix $(BUILD)/tests/,conformance faults shim.so))
puzzle: ## find what is wrong with a server, N= (LIST=1)
	$(COURSE_RUN) $@ $(GIVEN_FLAGS)
else
$(COURSES):
	@echo "the course needs $(PACKAGE_jansson)$(DEPS_HINT)" >&2
	@exit 3
endif

check-course: programs ## lessons, demonstration, book
	@$(TEST_ENV) tests/course/run

# Of the wrong ones those with a * in the table of what each loses.
GRADE_MUTANTS = $(call mutants,$(shell \
    sed -n 's:^\([^ ]*\) \*.*:tests/mutants/\1.diff:p' tests/grade/meant))
check-grade: programs $(MORE) $(filter $(MUTANTS),$(GRADE_MUTANTS)) ## the grader, at servers known to be right or wrong
	@$(TEST_ENV) tests/grade/run

check-docs: programs ## every command of every page, as written
	@$(TEST_ENV) tests/docs/run

# What compare and the tests need to find, whichever folder they run in.
TEST_ENV = FIVEWAYS_BIN="$$PWD/$(BIN)" FIVEWAYS_VARIANT="$(VARIANT)"

ifneq ($(filter check jansson,$(HAVE)),check jansson)
$(TESTING):
	@echo "the tests need $(PACKAGE_check) and $(PACKAGE_jansson)$(DEPS_HINT)" >&2
	@exit 3
else
# What waits more than it computes runs side by side; the harness's tests
# measure, and run alone. The mutants, which test the tests, and check-compare
# are for CI and check-all.
# Who asks for models wants what is about models.
CHECK_BESIDE := check-conformance check-faults \
                $(if $(MODELS),,check-unit check-lines check-make)
CHECK_PARTS := $(CHECK_BESIDE) $(if $(MODELS),,\
               check-harness check-fuzz $(if $(VARIANT),,check-promises))
CHECK_ALONE := $(filter-out $(CHECK_BESIDE),$(CHECK_PARTS))
check: ## prove it correct (3 min at most)
	@$(MAKE) --no-print-directory $(PARALLEL) tests programs
	@tests/side_by_side $(CHECK_BESIDE:%="$(MAKE) --no-print-directory %")
	@for part in $(CHECK_ALONE); do \
	    $(MAKE) --no-print-directory $$part || exit 1; done
	@echo "all tests$(if $(MODELS), of models) passed. next: make compare"

check-unit: $(UNIT_TESTS) $(PROGRAMS) ## the unit tests alone
	@$(TEST_ENV) tests/side_by_side $(foreach test,$(UNIT_TESTS),"echo $(test); $(test)")

check-conformance: $(BUILD)/tests/conformance $(PROGRAMS) ## every case against each server
	@$(TEST_ENV) tests/conformance/run $(BUILD)/tests/conformance

check-faults: $(BUILD)/tests/faults $(SHIM) $(PROGRAMS) ## what fails beneath a server, injected
	@$(TEST_ENV) tests/conformance/run $(BUILD)/tests/faults

check-lines: $(PROGRAMS) ## the sources line up, the lists and links are current
	@OBJ="$(OBJ)" tests/lines/run
	@tests/lines/settings $(BIN)
	@$(TEST_ENV) tests/docs/static
	@OBJ="$(OBJ)" tests/lines/can_fail

check-harness: $(BUILD)/tests/harness $(BUILD)/tests/conformance $(BADSERVER) $(PROGRAMS) $(MORE) ## load and compare against servers known to be wrong
	@$(TEST_ENV) tests/harness/run

check-calibration: $(BADSERVER) $(PROGRAMS) ## does compare tell what is so? (seven minutes)
	@$(TEST_ENV) tests/harness/calibration

check-compare: $(BADSERVER) $(PROGRAMS) ## compare on odd machines, in odd company, at a rate
	@$(TEST_ENV) tests/harness/run --rest

SUITES := $(BUILD)/tests/conformance $(BUILD)/tests/faults
check-mutants: $(MUTANTS_FAST) $(SUITES) $(SHIM) ## wrong programs that the tests must find
	@$(TEST_ENV) tests/mutants/run $(BUILD)/mutants $(SUITES)

check-mutants-all: $(MUTANTS) $(SUITES) $(SHIM) ## also those that it takes long to find
	@$(TEST_ENV) tests/mutants/run --all $(BUILD)/mutants $(SUITES)

check-promises: $(SUITES) ## tests/PROMISES.md is about the tests there are
	@$(TEST_ENV) tests/promises/check $(SUITES)

CASE_RESULTS := $(SUITES:%=%.results)
promises: $(BUILD)/tests/harness $(BADSERVER) $(PROGRAMS) ## run these tests, write tests/PROMISES.md (5 min)
	@$(TEST_ENV) $(BUILD)/tests/harness
	@for part in check-unit check-conformance check-faults \
	    check-mutants-all; do \
	    $(MAKE) --no-print-directory $$part || exit 1; done
	@tests/promises/generate $(CASE_RESULTS) >$(BUILD)/PROMISES.md && \
	    tests/promises/the_run $(CASE_RESULTS) $(BUILD)/mutants.results \
	    >>$(BUILD)/PROMISES.md
	@mv $(BUILD)/PROMISES.md tests/PROMISES.md
	@echo "wrote tests/PROMISES.md"

check-fuzz: $(FUZZ_REPLAYS) ## parsers against stored and changed hostile inputs
	@$(TEST_ENV) tests/fuzz/run replay

check-build: $(BUILD)/tests/planted $(PROGRAMS) ## that this VARIANT is what it is called
	@$(TEST_ENV) tests/builds/run

check-all: ## all of it in every build, a line for each
	@tests/builds/matrix $(filter-out check-promises,$(CHECK_PARTS)) \
	    check-compare
	@$(MAKE) --no-print-directory check-mutants-all
	@$(TEST_ENV) tests/grade/mutants.sh --all
	@$(MAKE) --no-print-directory check-promises

check-bare: ## the README's commands on bare machines (root)
	@tests/bare/run

ifneq ($(VARIANT),coverage)
coverage: ## lines and branches of servers that tests execute
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

check-browser: $(PROGRAMS) ## the page in a browser: projector, phone, paper
	@$(TEST_ENV) tests/harness/browser

check-make: ## what can be set on make's command line
	@tests/builds/make_usage.sh

soak: $(BUILD)/tests/soak $(PROGRAMS) ## verified traffic of every kind, for half an hour
	@$(TEST_ENV) $(BUILD)/tests/soak $(filter-out --models=%,$(GIVEN_FLAGS)) \
	    $(patsubst %,--model=%,$(subst $(comma), ,$(MODELS)))

fuzz: ## search for inputs that break a parser (clang)
	@tests/fuzz/run search

fuzzers: $(FUZZERS)

# One package at a time: libevent alone may be missing and the rest works.
deps: ## install what is missing, with apt (and sudo)
deps-browser: ## what check-browser needs as well: Chromium
deps-browser: MISSING += $(if $(shell command -v chromium),,chromium)
deps deps-browser:
	@missing="$(strip $(MISSING) $(MISSING_TOOLS))"; \
	if [ -z "$$missing" ]; then echo "nothing is missing"; exit 0; fi; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	if ! { command -v apt-get && command -v $${sudo:-apt-get}; } >/dev/null; then \
	    echo "please have root install $$missing (Debian's names)" >&2; \
	    exit $(if $(filter deps%,$(MAKECMDGOALS)),1,0); fi; \
	echo "installing: $$missing"; \
	$$sudo apt-get -qq update; \
	for package in $$missing; do \
	    DEBIAN_FRONTEND=noninteractive $$sudo apt-get -qq install -y \
	        --no-install-recommends $$package >/dev/null || \
	        echo "could not install $$package" >&2; done

# 80 columns: a sentence above has 54 of them at most.
help: ## list all this
	@awk -F ':.*## ' '/^[a-z%$$(][^ ]*:.*## / \
	    {sub(/^\$$\(MODELS_ALL\)/, "<model>", $$1); \
	     sub(/^\$$\(LESSONS\)/, "lesson-<model>", $$1); \
	     sub(/^\$$\(EXERCISES\)/, "exercise-<model>", $$1); \
	     printf "  make %-18s %s\n", $$1, $$2}' Makefile
	@awk -F ' *[|] *' '/^define SETTINGS/ { on = 1; next } /^endef/ { on = 0 } \
	    on { if ($$2 != last) { last = $$2; gsub(/%/, "*", $$2); \
	            gsub(/ /, ", ", $$2); print "\nfor " $$2 ":" } \
	        gsub(/%/, "*", $$1); gsub(/ /, "= ", $$1); line = "  " $$1 "="; \
	        if (length(line) > 19) { print line; line = "" } \
	        line = sprintf("%-19s", line); \
	        n = split($$4, words, " "); for (i = 1; i <= n; i++) { \
	            if (length(line " " words[i]) > 80) { print line; \
	                line = sprintf("%19s", "") } \
	            line = line " " words[i] } print line }' Makefile
	@echo
	@echo "VARIANT is one of: $(VARIANTS)"

SOURCES = $(shell find $(MODELS_ALL) harness tests -name '*.[ch]')
format: ## clang-format every source
	@clang-format -i $(SOURCES)

format-check:
	@clang-format --dry-run --Werror $(SOURCES)

LINT_FLAGS = -std=gnu11 -D_GNU_SOURCE -I. $(WARNINGS)
lint: format-check ## clang-format, clang-tidy, shellcheck
	@printf '%s\n' $(filter %.c,$(SOURCES)) | xargs -P 2 -n 8 sh -c \
	    'clang-tidy --quiet "$$@" -- $(LINT_FLAGS)' tidy
	@shellcheck -x -P SCRIPTDIR $$(grep -rlE '^#!/bin/(ba)?sh' .ci tests harness) \
	    harness/course/experiments.sh

install: programs ## install the programs to PREFIX/bin as fiveways-NAME
	@for program in $(PROGRAMS); do [ -e "$$program" ] || continue; \
	    install -DT -m 755 "$$program" $(INSTALLED)"$${program##*/}" || { \
	        echo "$${program##*/} could not be installed there;" \
	            "try sudo, or PREFIX=$$HOME/.local" >&2; exit 1; }; done

uninstall: ## remove them from there
	@for program in $(PROGRAMS); do rm -f $(INSTALLED)"$${program##*/}" || { \
	    echo "$${program##*/} could not be removed from there" >&2; \
	    exit 1; }; done
INSTALLED = $(call quote,$(DESTDIR)$(PREFIX)/bin/fiveways-)

clean: ## remove build/
	@rm -rf build
