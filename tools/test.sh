#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs every test: two compilers, sanitizers, valgrind, the installed library with the examples, the format of the code,
# byte order, and 32 bits.
# usage: tools/test.sh [STAGE...]   default: gcc clang asan asan_clang tsan valgrind install format docs endian
#        words. There is also quick: a verdict within three minutes, for the time between two edits; valgrind_all; and
#        cross, which is cross_arm64, cross_s390x and cross_i386: the same tests on other processors, to be run before a
#        release
#
# EGM_TEST_MNIST   directory of the four MNIST files (IDX, gzip); default ../shared/data/mnist if that is there. Tests
#                  that need them are skipped, and named, when there is none.
# Logs are in build/log. The last line is "N passed, N failed" with ", N skipped" when there are any; the exit status is
# that of the tests.
set -u
cd "$(dirname "$0")/.." || exit 1
tools/setup.sh build test || exit 1
. tools/programs.sh

stages=${*:-gcc clang asan asan_clang tsan valgrind install format docs endian words}
log=$PWD/build/log
results=$log/results.tsv

if [ -z "${EGM_TEST_MNIST:-}" ] && [ -d ../shared/data/mnist ]; then
	EGM_TEST_MNIST=$(cd ../shared/data/mnist && pwd)
fi
if [ -n "${EGM_TEST_MNIST:-}" ]; then
	export EGM_TEST_MNIST
	echo "MNIST: $EGM_TEST_MNIST"
else
	echo 'MNIST: none found; set EGM_TEST_MNIST to test with it'
fi

add() { # RESULT STAGE NAME
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$results"
}

# step STAGE NAME COMMAND...: a command that must succeed, its output in a log.
step() {
	local stage=$1 name=$2 file status=0
	file=$log/$stage-$2.log
	shift 2
	"$@" >"$file" 2>&1 || status=$?
	if [ $status != 0 ]; then
		add failed "$stage" "$name (status $status)"
		echo "  $stage $name failed, the end of $file:"
		tail -n 30 "$file" | sed 's/^/  | /'
	fi
	return $status
}

# count STAGE FILE: adds the results of a meson or TAP log.
count() {
	"$python3" tools/count.py "$1" "$2" >"$log/count.tsv" || add failed "$1" "reading $2"
	cat "$log/count.tsv" >>"$results"
	awk -F '\t' -v s="$1" '{ n[$1]++ } END { printf "  %s: %d passed, %d failed, %d skipped\n", s, n["passed"],
		n["failed"], n["skipped"] }' "$log/count.tsv"
}

# build STAGE DIRECTORY COMPILER OPTION...
build() {
	local stage=$1 directory=$2 compiler=$3 cxx
	case $compiler in clang*) cxx=clang++${compiler#clang} ;; *) cxx=g++ ;; esac
	shift 3
	CC=$compiler CXX=$cxx step "$stage" configure configure "$directory" -Dwerror=true "$@" &&
		step "$stage" compile "$NINJA" -k 0 -C "$directory"
}

# run STAGE DIRECTORY ARGUMENT...: meson's test runner; counts what it ran, whatever its exit status.
run() {
	local stage=$1 directory=$2 json
	shift 2
	rm -f "$directory"/meson-logs/"$stage"*.json
	"$meson" test -C "$directory" --no-rebuild --logbase "$stage" "$@" >"$log/$stage-test.log" 2>&1
	json=$(find "$directory/meson-logs" -name "$stage*.json" | head -n 1)
	if [ -z "$json" ]; then
		add failed "$stage" 'no test ran'
		tail -n 20 "$log/$stage-test.log"
	else
		count "$stage" "$json"
		if grep -q '^failed' "$log/count.tsv"; then
			echo "  the output of these tests is in ${json%.json}.txt"
			grep -hE 'runtime error|ERROR: [A-Za-z]*Sanitizer|WARNING: ThreadSanitizer|SUMMARY:|^==[0-9]+== [A-Z]' \
				"${json%.json}.txt" | sort -u | head -n 20 | sed 's/^/  | /'
		fi
	fi
}

# The library as it is delivered.
stage_gcc() {
	build gcc build gcc -Dtests=true -Ddefault_library=both && run gcc build
}

# What fails most often, in three minutes on two cores from nothing, and in one when little changed: the format, and all
# tests of the library with gcc but those that learn for long or compile many programs. Less optimisation, because
# compiling takes most of the time.
stage_quick() {
	stage_format
	build quick build-quick gcc -Doptimization=1 -Dtests=true -Ddefault_library=shared &&
		run quick build-quick --no-suite learning --no-suite quality --no-suite cpp
}

# The other compiler, with the checks of our own invariants compiled in.
stage_clang() {
	build clang build-clang clang -Dc_args=-DEGM_CHECK_INVARIANTS && run clang build-clang
}

sanitized=(-Doptimization=1 -Ddebug=true -Db_lundef=false)
# Addresses, undefined behaviour and leaks. The leak check runs at the end of every forked test, and a report fails it.
addresses() { # STAGE COMPILER [ARGUMENT...]: of the test runner
	local stage=$1
	build "$stage" "build-$stage" "$2" "${sanitized[@]}" -Db_sanitize=address,undefined \
		'-Dc_args=-DEGM_CHECK_INVARIANTS -fno-sanitize-recover=undefined -fno-omit-frame-pointer' &&
		ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
			run "$stage" "build-$stage" --timeout-multiplier 4 "${@:3}"
}
stage_asan() {
	addresses asan gcc
}
stage_asan_clang() {
	addresses asan_clang clang --no-suite learning
}

stage_tsan() {
	build tsan build-tsan gcc "${sanitized[@]}" -Db_sanitize=thread &&
		TSAN_OPTIONS=halt_on_error=1 \
			run tsan build-tsan --timeout-multiplier 4 --suite core --suite model --suite sampler --suite train --suite cpp
}

# Memcheck runs the release build; it has no AVX-512, so that path is ASan's. The chosen programs make, fill and free
# every kind of handle; all of them take an hour: tools/test.sh valgrind_all.
memcheck='valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect'
stage_valgrind() {
	build gcc build gcc -Dtests=true -Ddefault_library=both &&
		run valgrind build --timeout-multiplier 10 --wrap "$memcheck" \
			test_options test_alloc test_rng test_safetensors test_model_file test_layers test_optimizers test_sampler_misuse test_host
}
stage_valgrind_all() {
	build gcc build gcc -Dtests=true -Ddefault_library=both &&
		run valgrind_all build --timeout-multiplier 30 --no-suite bindings --no-suite learning --wrap "$memcheck"
}

# Other processors, with Debian's compilers: arm64 and s390x (big-endian, without vectors) in an emulator, and i386
# (sizes of 32 bits) at full speed. The suites that run Python or look at nothing but the tree are left out.
cross_build() { # ARCH [TARGET...]
	local arch=$1 stage=cross_$1
	shift
	if ! step "$stage" setup tools/setup.sh cross || ! step "$stage" prepare tools/cross.sh "$arch"; then return 1; fi
	CC=gcc step "$stage" configure configure "build-$arch" -Dwerror=true --cross-file "build-cross/$arch/cross.ini" \
		-Dtests=true -Ddefault_library=static && step "$stage" compile "$NINJA" -k 0 -C "build-$arch" "$@"
}
stage_cross_arm64() {
	cross_build arm64 && run cross_arm64 build-arm64 --no-suite learning --no-suite bench --no-suite layering
}
# Without the programs that multiply the most matrices: an emulator computes every product of two numbers by itself.
stage_cross_s390x() {
	cross_build s390x && mapfile -t programs < <("$meson" test -C build-s390x --no-rebuild --list --no-suite learning \
		--no-suite bench --no-suite layering | sed -n 's,.* / ,,p' | grep -vxE 'test_gemm|test_product|test_reproducible') &&
		run cross_s390x build-s390x "${programs[@]}"
}
stage_cross_i386() {
	cross_build i386 && run cross_i386 build-i386 --no-suite bench --no-suite layering
}
stage_cross() {
	stage_cross_arm64
	stage_cross_s390x
	stage_cross_i386
}

# The part of cross_s390x and cross_i386 that sees most of what byte order and 32 bits can break, in a minute or two:
# random numbers, the floating-point mode and files.
short=(core/test_rng core/test_context tensor/test_random tensor/test_kernels io/test_safetensors io/test_model_file
	io/test_data io/test_npy train/test_checkpoint train/test_sampler_file)
short_run() { # STAGE ARCH PROGRAM...: what it takes
	local stage=$1 arch=$2 program
	shift 2
	tools/setup.sh cross >"$log/$stage-setup.log" 2>&1
	for program; do
		command -v "$program" >/dev/null && continue
		add skipped "$stage" "$program is not installed"
		return
	done
	if ! tools/cross.sh "$arch" >"$log/$stage-prepare.log" 2>&1; then
		add skipped "$stage" "the libraries of $arch could not be fetched, see $stage-prepare.log"
		return
	fi
	cross_build "$arch" "${short[@]/#/tests/}" && run "$stage" "build-$arch" "${short[@]##*/}"
}
stage_endian() {
	short_run endian s390x s390x-linux-gnu-gcc qemu-s390x
}
stage_words() {
	short_run words i386 i686-linux-gnu-gcc
}

# A distribution's flags, installed into a prefix of its own, used through pkg-config by programs outside the tree.
stage_install() {
	rm -rf build-install/prefix
	build install build-install gcc -Dtests=false -Dbindings=true -Ddefault_library=both "--prefix=$PWD/build-install/prefix" \
		'-Dc_args=-g -fstack-protector-strong -D_FORTIFY_SOURCE=2 -Wformat -Werror=format-security' &&
		step install install "$meson" install -C build-install --no-rebuild || return
	sh tests/install/check_install.sh build-install/prefix build-install >"$log/install.tap" 2>"$log/install-check.log"
	grep -A 20 '^not ok' "$log/install.tap"
	count install "$log/install.tap"
	# Here, because this build has debug information.
	[ "$(uname -m)" = x86_64 ] || return
	sh tests/abi/abi.sh "$(find build-install/prefix -name libegm.so)" build-install/prefix/include >"$log/abi.tap" 2>&1
	grep -A 40 '^not ok' "$log/abi.tap"
	count install "$log/abi.tap"
	grep -q '^1[.][.]' "$log/abi.tap" || add failed install 'the comparison of the ABI ended early'
}

stage_format() {
	if ! command -v clang-format-14 >/dev/null; then
		add skipped format 'clang-format-14 is not installed'
	else
		git ls-files -z '*.c' '*.h' '*.cpp' '*.hpp' | xargs -0 -r clang-format-14 --dry-run -Werror >"$log/format.log" 2>&1 &&
			add passed format 'clang-format finds nothing to change' ||
			{ add failed format "clang-format: $(grep -c ' error: ' "$log/format.log") places"; head -n 20 "$log/format.log"; }
	fi
}

# The site, built twice; half a minute. Skipped, and named, where Sphinx is not installed and cannot be.
stage_docs() {
	tools/setup.sh docs >"$log/docs-setup.log" 2>&1
	"$python3" -B tests/docs/site.py . build-docs >"$log/docs.tap" 2>"$log/docs.log" ||
		add failed docs 'tests/docs/site.py ended early'
	grep -A 20 '^not ok' "$log/docs.tap"
	count docs "$log/docs.tap"
}

mkdir -p "$log"
rm -f "$log"/*.log "$log"/*.tap "$log"/*.tsv
: >"$results"
for stage in $stages; do
	if [ "$(type -t "stage_$stage")" != function ]; then
		echo "test: no stage '$stage'" >&2
		exit 2
	fi
	echo "== $stage"
	SECONDS=0
	"stage_$stage"
	echo "  $stage took $SECONDS s"
done

echo
awk -F '\t' '$1 == "skipped" { print "skipped: " $2 ": " $3 } $1 == "failed" { print "FAILED: " $2 ": " $3 }' "$results"
passed=$(grep -c '^passed' "$results")
failed=$(grep -c '^failed' "$results")
skipped=$(grep -c '^skipped' "$results")
[ $((passed + failed)) -gt 0 ] || failed=1
line="$passed passed, $failed failed"
[ "$skipped" = 0 ] || line="$line, $skipped skipped"
echo "$line"
[ "$failed" = 0 ]
