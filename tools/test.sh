#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs every test: two compilers, sanitizers, valgrind, products by each BLAS, the installed library with the examples,
# the wheel for Python, the format of the code, the site, byte order, 32 bits, and the kernels of arm64.
# usage: tools/test.sh [STAGE...]   default: gcc clang asan asan_clang tsan valgrind blas install python format docs
#        endian words arm64
#   There are also quick: a verdict within three minutes, for the time between two edits; valgrind_all; blas_all, every
#   test with every BLAS of Debian; python_peers; cross, which is cross_arm64, cross_s390x, cross_i386, cross_musl,
#   cross_windows and cross_macos: other processors and systems, to be run before a release; dist: the archive of a
#   release with its tests; fresh: the commands of the README on a new Debian system; and deb: the Debian packages, built
#   and used on new systems. CONTRIBUTING.md says what each stage does.
#
# EGM_TEST_MNIST   directory of the four MNIST files (IDX, gzip); default ../shared/data/mnist if that is there. Tests
#                  that need them are skipped, and named, when there is none.
# Logs are in build/log. The last line is "N passed, N failed" with ", N skipped" when there are any; the exit status is
# that of the tests.
set -u
cd "$(dirname "$0")/.." || exit 1
usage() {
	sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' tools/test.sh
}
stages=${*:-gcc clang asan asan_clang tsan valgrind blas install python format docs endian words arm64}
for stage in $stages; do
	case $stage in -h | --help) usage; exit 0 ;; esac
	grep -q "^stage_$stage() {" tools/test.sh || { echo "test: no stage '$stage'" >&2; usage >&2; exit 2; }
done
tools/setup.sh build test || exit 1
. tools/programs.sh
. tests/files.sh

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

# taps STAGE NAME COMMAND...: a script that prints TAP; one that ends early is a failure.
taps() {
	local stage=$1 name=$2
	shift 2
	"$@" >"$log/$name.tap" 2>"$log/$stage-$name.log"
	grep -A 40 '^not ok' "$log/$name.tap"
	count "$stage" "$log/$name.tap"
	grep -q '^1[.][.]' "$log/$name.tap" || add failed "$stage" "$name ended early"
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
	build gcc build gcc -Dtests=enabled -Ddefault_library=both && run gcc build
}

# What fails most often, in three minutes on two cores from nothing, and in one when little changed: the format, and all
# tests of the library with gcc but those that learn for long or compile many programs. Less optimisation, because
# compiling takes most of the time.
stage_quick() {
	stage_format
	build quick build-quick gcc -Doptimization=1 -Dtests=enabled -Ddefault_library=shared &&
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
	build gcc build gcc -Dtests=enabled -Ddefault_library=both &&
		run valgrind build --timeout-multiplier 10 --wrap "$memcheck" \
			test_options test_alloc test_rng test_safetensors test_model_file test_layers test_optimizers test_sampler_misuse test_host
}
stage_valgrind_all() {
	build gcc build gcc -Dtests=enabled -Ddefault_library=both &&
		run valgrind_all build --timeout-multiplier 30 --no-suite bindings --no-suite learning --wrap "$memcheck"
}

# All products of matrices by a BLAS, also on CPUs where they are the library's own by default. A context opens
# libblas.so.3, of which Debian has several; LD_LIBRARY_PATH says which. Left out is what learns for long, runs Python,
# or computes nothing. Less optimisation, because compiling takes half of the time.
blas_build() { # STAGE
	build "$1" build-blas-forced gcc -Doptimization=1 -Dtests=enabled -Ddefault_library=static -Dblas=blas \
		'-Dc_args=-DEGM_PRODUCTS_FORCED=2' && step "$1" fetch tools/blas.sh
}
# blas_run STAGE LIBRARY PATH ARGUMENT...: of the test runner. A library that is not the one that contexts open fails.
blas_run() {
	local stage=$1 library=$2 path=$3
	shift 3
	if LD_LIBRARY_PATH=$path LD_DEBUG=libs build-blas-forced/tests/tensor/test_gemm_blas 2>&1 |
		grep -q "calling init: ${path%%:*}/libblas.so.3"; then
		add passed "$stage" "contexts open libblas.so.3 of $library"
	else
		add failed "$stage" "contexts open libblas.so.3 of $library"
		return
	fi
	echo "  $library"
	# A thread of OpenMP that waits would keep a core, on a machine with other work for seconds.
	LD_LIBRARY_PATH=$path OMP_WAIT_POLICY=passive run "$stage-$library" build-blas-forced "$@"
}
# Those that open a library, fork, compare with another result, or have infinite numbers in products.
blas_programs=(test_blas test_context test_gemm_blas test_product test_program test_layers test_conv_layers test_spectral
	test_trainer test_checkpoint test_negatives test_misuse)
blas_suites=(--no-suite learning --no-suite quality --no-suite bench --no-suite bindings --no-suite hygiene
	--no-suite layering --no-suite abi --no-suite cpp)
blas_stage() { # STAGE [all]
	local stage=$1 library path missing
	blas_build "$stage" || return
	while read -r missing; do add skipped "$stage" "$missing"; done < <(sed -n 's/^blas: //p' "$log/$stage-fetch.log")
	while IFS=$'\t' read -r library path; do
		if [ "$library" = openblas-pthread ] || [ $# = 2 ]; then
			blas_run "$stage" "$library" "$path" "${blas_suites[@]}"
		else
			blas_run "$stage" "$library" "$path" "${blas_programs[@]}"
		fi
	done < <(grep -P '\t' "$log/$stage-fetch.log")
}
stage_blas() {
	blas_stage blas
}
stage_blas_all() {
	blas_stage blas_all all
}

# Other processors, with Debian's compilers: arm64 and s390x (big-endian, without vectors) in an emulator, and i386
# (sizes of 32 bits) at full speed. The suites that run Python or look at nothing but the tree are left out.
cross_build() { # ARCH [TARGET...]
	local arch=$1 stage=cross_$1
	shift
	if ! step "$stage" setup tools/setup.sh cross || ! step "$stage" prepare tools/cross.sh "$arch"; then return 1; fi
	CC=gcc step "$stage" configure configure "build-$arch" -Dwerror=true --cross-file "build-cross/$arch/cross.ini" \
		-Dtests=enabled -Ddefault_library=static && step "$stage" compile "$NINJA" -k 0 -C "build-$arch" "$@"
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

# Other systems: musl with all tests, Windows with those that need no fork, in Wine, and macOS, for which programs are
# compiled and linked but cannot run.
ports_build() { # PORT [TARGET...]
	local port=$1 stage=cross_$1 meson=$meson
	shift
	if ! step "$stage" setup tools/setup.sh ports || ! step "$stage" prepare tools/ports.sh "$port"; then return 1; fi
	case $port in macos_*) meson=$PWD/build-cross/zig/bin/meson ;; esac
	step "$stage" configure configure "build-$port" -Dwerror=true --cross-file "build-cross/$port/cross.ini" \
		-Dtests=enabled -Ddefault_library=both -Dblas=none && step "$stage" compile "$NINJA" -k 0 -C "build-$port" "$@"
}
stage_cross_musl() {
	ports_build musl && run cross_musl build-musl --no-suite bench
}
# test_status uses iconv, the others threads and libraries of POSIX.
stage_cross_windows() {
	local programs
	step cross_windows setup tools/setup.sh ports && mapfile -t programs < <(for file in \
		tests/core/test_*.c tests/tensor/test_*.c tests/stats/test_*.c tests/graph/test_*.c; do echo "${file%.c}"; done |
		grep -vE '/test_(status|context|pool|blas|gemm_blas)$')
	ports_build windows lib/libegm-1.dll tools/egm/egm.exe "${programs[@]/%/.exe}" &&
		WINEPREFIX=$PWD/build-windows/wine WINEDEBUG=-all run cross_windows build-windows --suite core --suite tensor \
			--suite stats --suite graph "${programs[@]##*/}"
}
# Without the tests that replace system calls or malloc of Linux, and test_status.
stage_cross_macos() {
	local port programs
	mapfile -t programs < <(grep -lE '^int main' tests/{core,tensor,stats,graph,compile,model,loss,sampler,io,train}/test_*.c |
		grep -vE '/test_(status|st_attacks|file|rows|memory|json|sampler_file|sampler_file_rejected)[.]c$')
	for port in macos_arm64 macos_x86_64; do
		ports_build $port lib/libegm.1.dylib lib/libegm.a tools/egm/egm "${programs[@]%.c}" && add passed cross_macos "library and ${#programs[@]} tests compile and link for $port; nothing was run"
	done
}
stage_cross() {
	stage_cross_arm64
	stage_cross_s390x
	stage_cross_i386
	stage_cross_musl
	stage_cross_windows
	stage_cross_macos
}

# The part of cross_s390x and cross_i386 that sees most of what byte order and 32 bits can break, in a minute or two:
# random numbers, functions, the floating-point mode and files.
short=(core/test_rng core/test_context tensor/test_random tensor/test_kernels tensor/test_math
	io/test_safetensors io/test_model_file io/test_data io/test_npy train/test_checkpoint train/test_sampler_file)
# The part of cross_arm64 that sees most of what NEON kernels can break: all of them on both code paths, without the
# cases tagged "long", in which an emulator computes long double for minutes.
vectors=(core/test_context core/test_rng tensor/test_kernels tensor/test_math tensor/test_activations
	tensor/test_reductions tensor/test_random tensor/test_optimizers tensor/test_product tensor/test_gemm
	compile/test_nonfinite compile/test_packed)
short_run() { # STAGE ARCH LIST PROGRAM...: the name of the list of tests, and the programs that it takes
	local stage=$1 arch=$2 program
	local -n list=$3
	shift 3
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
	local suites=("${list[@]%%/*}")
	cross_build "$arch" "${list[@]/#/tests/}" &&
		run "$stage" "build-$arch" "${suites[@]/#/--suite=}" "${list[@]##*/}"
}
stage_endian() {
	short_run endian s390x short s390x-linux-gnu-gcc qemu-s390x
}
stage_words() {
	short_run words i386 short i686-linux-gnu-gcc
}
stage_arm64() {
	CK_EXCLUDE_TAGS=long short_run arm64 arm64 vectors aarch64-linux-gnu-gcc qemu-aarch64
}

# A distribution's flags, installed into a prefix of its own, used through pkg-config by programs outside the tree.
stage_install() {
	rm -rf build-install/prefix
	build install build-install gcc -Dtests=disabled -Dbindings=true -Ddefault_library=both "--prefix=$PWD/build-install/prefix" \
		'-Dc_args=-g -fstack-protector-strong -D_FORTIFY_SOURCE=2 -Wformat -Werror=format-security' &&
		step install install "$meson" install -C build-install --no-rebuild || return
	taps install install sh tests/install/check_install.sh build-install/prefix build-install
	taps install build_systems sh tests/install/build_systems.sh . build-install/prefix build-install/systems "$meson"
	taps install dist sh tests/install/dist.sh . "$meson"
	# Here, because this build has debug information.
	[ "$(uname -m)" = x86_64 ] || return
	taps install abi sh tests/abi/abi.sh "$(find build-install/prefix -name libegm.so)" build-install/prefix/include
}

# New Debian systems in folders. They need root and the network.
debian() { # STAGE COMMAND...
	local stage=$1
	shift
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		add skipped "$stage" 'needs root on a Debian system'
	elif step "$stage" setup tools/setup.sh deb; then
		taps "$stage" "$stage" "$@"
	fi
}
stage_fresh() {
	debian fresh sh tests/install/fresh.sh . build-root/fresh
}
# The archive of a release, with all of its tests; stage_install has the short form.
stage_dist() {
	taps dist dist sh tests/install/dist.sh . "$meson" all
}
stage_deb() {
	debian deb sh tests/install/deb.sh . build-root/deb
}

# The wheel that `pip install .` builds, in empty environments.
stage_python() {
	sh tests/bindings/wheel.sh . "$python3" >"$log/wheel.tap" 2>"$log/wheel.log"
	grep -A 40 '^not ok' "$log/wheel.tap"
	count python "$log/wheel.tap"
	grep -q '^1[.][.]' "$log/wheel.tap" || add failed python 'the test of the wheel ended early'
}

# The tests of the binding with the newest NumPy and with what it works with: they skip what is not installed.
stage_python_peers() {
	local folder=$PWD/build-peers name python=build-peers/bin/python
	build gcc build gcc -Dtests=enabled -Ddefault_library=both &&
		step python_peers environment "$python3" -m venv "$folder" &&
		step python_peers packages "$python" -m pip install -q numpy pandas scikit-learn joblib matplotlib arviz tqdm ||
		return
	for name in tests/bindings/test_*.py; do
		name=$(basename "$name" .py)
		PYTHONPATH=bindings/python EGM_LIBRARY=$(readlink -f build/lib/libegm.so) \
			EGM_LAYOUT=$PWD/build/tests/bindings/layout "$python" -B "tests/bindings/$name.py" >"$log/peers-$name.tap" 2>"$log/peers-$name.log"
		count python_peers "$log/peers-$name.tap"
		grep -q '^1[.][.]' "$log/peers-$name.tap" || add failed python_peers "$name ended early"
	done
}

stage_format() {
	if ! command -v clang-format-14 >/dev/null; then
		add skipped format 'clang-format-14 is not installed'
	else
		files '*.c' '*.h' '*.cpp' '*.hpp' >"$log/format.txt"
		[ -s "$log/format.txt" ] && xargs clang-format-14 --dry-run -Werror <"$log/format.txt" >"$log/format.log" 2>&1 &&
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
