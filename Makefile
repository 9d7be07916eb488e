# A thin front for meson: the words that people type by habit.
#
#   make          build/impound, with what it needs installed
#   make demo     build, and scan the samples that ship with the project
#   make test     every test, with and without sanitizers, and the totals
#   make asan     a build with sanitizers, in build-asan
#   make bench    each claim of speed, as a ratio to a yardstick in the same run
#   make fuzz     each fuzz target for FUZZ_SECONDS (60)
#   make lint     format, layers, headers and clang-tidy
#   make install  into PREFIX (/usr/local)

BUILD ?= build
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
# A folder of public evidence and rules for the wider tests; they are skipped without it.
IMPOUND_SHARED ?= $(realpath $(wildcard ../shared))
export IMPOUND_SHARED

.PHONY: all demo test asan bench fuzz lint install clean

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet impound

$(BUILD)/build.ninja:
	@tools/setup build
	@meson setup $(BUILD) --buildtype=release --prefix=$(PREFIX) -Dtests=false >/dev/null

demo: all
	@tools/demo $(BUILD)/impound

test:
	@tools/setup test
	@tools/run-tests

asan:
	@tools/setup test
	@[ -e build-asan/build.ninja ] || meson setup build-asan -Db_sanitize=address,undefined >/dev/null
	@ninja -C build-asan

bench: all
	@tools/setup develop
	@tools/run-benchmarks $(BUILD)/impound

fuzz:
	@tools/setup develop
	@tools/run-fuzzers $(FUZZ_SECONDS)

lint:
	@tools/setup develop
	@tools/lint

install: all
	@meson install -C $(BUILD)

clean:
	@rm -rf build build-*
