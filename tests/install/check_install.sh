#!/bin/sh
# SPDX-License-Identifier: MIT
# Uses the installed library as other programs do: with pkg-config and a compiler, outside of the build tree.
# usage: check_install.sh PREFIX WORK    WORK: folder for programs and pictures
# EGM_TEST_MNIST: see tools/test.sh
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
source=$(cd "$here/../.." && pwd)
prefix=$(cd "$1" && pwd)
work=$(cd "$2" && pwd)/consumers
rm -rf "$work"
mkdir -p "$work"

libdir=$(dirname "$(find "$prefix" -name libegm.a)")
export PKG_CONFIG_PATH="$libdir/pkgconfig"
cc=${CC:-gcc}
strict='-Wall -Wextra -Wpedantic -Werror'

files() {
	for file in "$libdir/libegm.so" "$libdir/libegm.so.1" "$libdir/libegm.so.$(pkg-config --modversion egm)" "$libdir/libegm.a" \
		"$libdir/pkgconfig/egm.pc" "$prefix/include/egm.h" "$prefix/include/egm/version.h"; do
		[ -e "$file" ] || { echo "$file is missing"; return 1; }
	done
	[ -e "$prefix/include/egm.hpp" ] || { echo 'egm.hpp is not installed'; return 1; }
	for header in "$source"/include/egm/*.h "$source"/include/egm/*.hpp; do
		[ -e "$prefix/include/egm/${header##*/}" ] || { echo "${header##*/} is not installed"; return 1; }
	done
}
result 'libraries, headers and egm.pc are installed' files
result 'pkg-config has the version of the build' \
	[ "$(pkg-config --modversion egm)" = "$(sed -n "s/^  version: '\(.*\)',/\1/p" "$source/meson.build")" ]
result 'a shared link needs only libegm' \
	[ "$(pkg-config --libs egm | tr -s ' ' '\n' | grep -v '^-L' | tr -d '\n')" = '-legm' ]
result 'no internal header is installed' empty "$(find "$prefix" -name '*_impl.h')"

# ---- the program of the README
# The first C block of the README is the same text as examples/readme.c, apart from the licence line.
sed -n '/^```c$/,/^```$/p' "$source/README.md" | sed '1d;/^```$/q' | sed '$d' >"$work/readme_block.c"
sed 1d "$source/examples/readme.c" >"$work/readme_file.c"
result 'the README shows examples/readme.c' diff "$work/readme_block.c" "$work/readme_file.c"

compile() { # OUT SOURCE... : as the README says
	out=$1
	shift
	$cc -std=c99 $strict -o "$work/$out" "$@" $(pkg-config --cflags --libs egm) -lm
}
shared() {
	compile readme "$work/readme_block.c" && LD_LIBRARY_PATH=$libdir "$work/readme"
}
result 'the program of the README runs on the shared library' shared
needed() {
	readelf -d "$work/readme" | grep -q 'NEEDED.*\[libegm\.so\.1\]' || { readelf -d "$work/readme"; return 1; }
	! readelf -d "$work/readme" | grep -qE 'NEEDED.*(blas|jansson|libz)' || { readelf -d "$work/readme"; return 1; }
}
result 'it needs libegm.so.1, but not the dependencies of the library' needed

# A folder that contains only the archive, so that -legm finds nothing else.
static() {
	mkdir -p "$work/archive" && cp "$libdir/libegm.a" "$work/archive/" &&
		$cc -std=c99 $strict -o "$work/readme_static" "$work/readme_block.c" "-L$work/archive" \
			$(pkg-config --cflags --static --libs egm | sed "s|-L$libdir||g") -lm &&
		! readelf -d "$work/readme_static" | grep -q 'NEEDED.*libegm' && "$work/readme_static"
}
result 'the program of the README runs on the static library' static
same_output() {
	LD_LIBRARY_PATH=$libdir "$work/readme" >"$work/shared.txt"
	"$work/readme_static" >"$work/static.txt"
	diff "$work/shared.txt" "$work/static.txt"
}
result 'both print the same numbers' same_output

# ---- the examples of the pages
page() { # FILE: its first C block, as the body of a function
	name=$(basename "$1" .md)
	sed -n '/^```c$/,/^```$/p' "$1" | sed '1d;/^```$/q' | sed '$d' >"$work/page_$name.h"
	[ -s "$work/page_$name.h" ] || { echo "$1 has no C block"; return 1; }
	$cc -std=c99 $strict -Wno-unused-variable "-DPAGE=\"$work/page_$name.h\"" -o "$work/page_$name" "$here/page.c" \
		$(pkg-config --cflags --libs egm) -lm && LD_LIBRARY_PATH=$libdir timeout 3600 "$work/page_$name"
}
for file in "$source"/doc/systems/*.md; do
	[ "${file##*/}" = README.md ] || result "the example of doc/systems/${file##*/} runs" page "$file"
done

# ---- the Python binding
# The system's Python first: see tools/programs.sh.
python3=/usr/bin/python3
[ -x "$python3" ] || python3=python3
sed -n '/^```python$/,/^```$/p' "$source/README.md" "$source/doc/howto/python.md" | sed '/^```/d' >"$work/readme.py"
python_program() {
	package=$(dirname "$(find "$prefix" -path '*/egm/__init__.py')")
	[ -s "$work/readme.py" ] && [ -d "$package" ] && cd "$work" &&
		echo 'import importlib.metadata; assert importlib.metadata.version("egm") == egm.__version__' >>readme.py &&
		LD_LIBRARY_PATH=$libdir PYTHONPATH=$(dirname "$package") "$python3" -B readme.py
}
if "$python3" -c 'import numpy' 2>/dev/null; then
	result 'the Python program of the README runs' python_program
else
	skip 'the Python program of the README runs' 'NumPy is not installed'
fi

# ---- C++
cxx=${CXX:-g++}
cpp_program() { # STANDARD
	$cxx "-std=$1" $strict -O2 -o "$work/circle" "$source/examples/circle.cpp" $(pkg-config --cflags --libs egm) &&
		LD_LIBRARY_PATH=$libdir timeout 3600 "$work/circle"
}
for standard in c++11 c++17 c++20; do
	if command -v "$cxx" >/dev/null; then
		result "examples/circle.cpp runs as $standard" cpp_program "$standard"
	else
		skip "examples/circle.cpp runs as $standard" "$cxx is not installed"
	fi
done

# ---- the examples
# Compiled only with the flags of pkg-config, from a copy of the folder: each file is a program, and support/ is shared.
cp -r "$source/examples" "$work/examples"
examples=$(cd "$work/examples" && ls ./*.c | sed 's|^\./||;s|\.c$||')
# An example must be short enough to be read from its first line to its last.
too_long() {
	for name in $examples; do
		lines=$(wc -l <"$source/examples/$name.c")
		[ "$lines" -le 150 ] || echo "$name.c: $lines lines"
	done
}
result 'no example is longer than 150 lines' empty "$(too_long)"
compile_support() {
	mkdir -p "$work/support"
	(cd "$work/support" && $cc -std=gnu11 -O2 $strict -c "$work"/examples/support/*.c $(pkg-config --cflags egm cairo))
}
compile_example() { # NAME
	$cc -std=gnu11 -O2 $strict -o "$work/$1" "$work/examples/$1.c" "$work"/support/*.o \
		$(pkg-config --cflags --libs egm cairo) -lm
}
run() { # NAME ARGUMENT...
	name=$1
	shift
	LD_LIBRARY_PATH=$libdir timeout 3600 "$work/$name" "$@"
}
draw() { # OUT NAME ARGUMENT...: it must leave pictures in OUT
	out=$work/out/$1
	shift
	run "$@" --out "$out" || return 1
	pictures=$(find "$out" -name '*.png' -size +1k)
	[ -n "$pictures" ] || { echo "no picture in $out"; return 1; }
	for picture in $pictures; do
		[ "$(head -c 4 "$picture" | od -An -tx1 | tr -d ' ')" = 89504e47 ] || { echo "$picture is no PNG"; return 1; }
	done
}
idx_images() { # COUNT HEIGHT WIDTH: the folder of a file of black images, sizes below 128
	folder=$work/idx-$1-$2-$3
	mkdir -p "$folder"
	{
		printf '\000\000\010\003'
		for size in "$@"; do printf "\\000\\000\\000\\$(printf %03o "$size")"; done
		head -c $(($1 * $2 * $3)) /dev/zero
	} >"$folder/train-images-idx3-ubyte"
	echo "$folder"
}
rejects() { # TEXT DATA NAME ARGUMENT...
	text=$1 data=$2
	shift 2
	out=$(run "$@" --data "$data" --out "$work/out/refused" 2>&1) && { echo "accepted: $out"; return 1; }
	case $out in *"$text"*) ;; *) echo "$out"; return 1 ;; esac
}
# In a folder of its own, because it writes a file. The points have the distance 1 from the centre. With normal noise of
# sigma = 0.1 their mean distance is 1 + sigma^2 / 2 = 1.005, up to the next order. The error of the mean of 4000 draws
# is at most 0.1 / sqrt(400) even if they are worth only one tenth; the rest of 0.05 is for the training.
first_steps() {
	mkdir -p "$work/out/first" && text=$(cd "$work/out/first" && run first_steps) || return 1
	echo "$text"
	[ -s "$work/out/first/energy.safetensors" ] && echo "$text" | tr -d , | awk '
		/^energy/ { ordered = $5 < $9 && $9 < $12 }
		/^mean/ { mean = $NF }
		END { exit !(ordered && mean >= 0.955 && mean <= 1.055) }'
}
# stacked_mnist continues a run only with the settings with which it was started, and prints those that differ.
goes_on() { # FOLDER ARGUMENT...
	folder=$1
	shift
	run stacked_mnist --steps 4 --batch 16 --resume --data "${EGM_TEST_MNIST:-none}" --out "$folder" "$@" 2>&1
}
other_settings() { # each line: an option, its value in the run, another one
	folder=$work/out/stacked
	before=$(cksum "$folder"/*)
	refused=
	while read -r option was other; do
		text=$(goes_on "$folder" "--$option" "$other")
		[ $? = 2 ] && [ "$text" = "--$option: the run of $folder/settings.txt has $was, got $other" ] ||
			{ echo "--$option $other: $text"; return 1; }
		refused="$refused$option $was;"
	done <<-END
		net conv dense
		width 256 128
		seed 1 2
		batch 16 17
		lr 0.0001 0.0002
		energy-lr 0.0004 0
		energy-steps 1 5
		penalty 10 0.0128
		entropy jsd dv
		entropy-weight 1 0.5
		noise 0 0.1
		ema 0.999 0.9999
	END
	[ "$refused" = "$(tr '\n' ';' <"$folder/settings.txt")" ] || { cat "$folder/settings.txt"; return 1; }
	[ "$before" = "$(cksum "$folder"/*)" ] || { echo 'a file has changed'; return 1; }
}
no_settings() {
	text=$(goes_on "$work/out/nowhere")
	[ $? = 2 ] && [ ! -e "$work/out/nowhere" ] || { echo "$text"; return 1; }
	case $text in "$work/out/nowhere/settings.txt: "*' is not known') ;; *) echo "$text"; return 1 ;; esac
}
# --help prints the table of options, and values are checked against it.
explains() {
	for name in $examples; do
		case $name in first_steps | readme) continue ;; esac
		text=$(run "$name" --help) || { echo "$name --help: $?"; return 1; }
		echo "$text" | grep -qE '^  --threads +N +Threads at most\. \([12]\)$' || { echo "$name: $text"; return 1; }
		! echo "$text" | grep -E '^  --[a-z-]+ *[A-Z]* *$' || { echo "$name: no help"; return 1; }
	done
}
misuse() { # TEXT NAME ARGUMENT...: it ends with 2 and says the text
	text=$1
	shift
	out=$(run "$@" 2>&1)
	[ $? = 2 ] || { echo "not rejected: $out"; return 1; }
	case $out in *"$text"*) ;; *) echo "$out"; return 1 ;; esac
}
misuses() {
	misuse '--steps: expected an integer from 1 to 1e+12, got' toy_density --out x --steps 0 &&
		misuse "--steps: expected an integer from 1 to 1e+12, got '1.5'" toy_density --out x --steps 1.5 &&
		misuse "--minutes: expected a number from 0 to 1e+06, got 'nan'" toy_density --out x --minutes nan &&
		misuse "--data: expected one of 25gaussians|8gaussians|swissroll, got 'swiss'" toy_density --out x --data swiss &&
		misuse "--ema: expected a number from 0 to below 1, got '1'" toy_density --out x --ema 1 &&
		misuse "--energy-steps: expected an integer from 1, got '3000000000'" toy_density --out x \
			--energy-steps 3000000000 &&
		misuse '--lr-final is above --lr' toy_density --out x --lr 1e-5 &&
		misuse '--out is missing' toy_density &&
		misuse '--nonsense' toy_density --out x --nonsense &&
		misuse '1 words after the options, expected 0' toy_density --out x word &&
		misuse '0 words after the options, expected 2' score_csv
}
score() {
	printf '0,0\n2,2\n9,9\n' >"$work/rows.csv"
	scores=$(run score_csv --gradient "$(find "$work/out/toy" -name '*energy*.safetensors' | head -n 1)" "$work/rows.csv") ||
		return 1
	echo "$scores"
	[ "$(echo "$scores" | grep -cE '^-?[0-9.e+-]+,[0-9.e+-]+$')" = 3 ]
}
score_words() { # the same two columns out of a table with a header and words
	energy=$(find "$work/out/toy" -name '*energy*.safetensors' | head -n 1)
	printf 'x,y\n1,0\n0,1\n0,0\n' >"$work/numbers.csv"
	printf 'kind,n\ntcp,1\nudp,2\n' >"$work/train.csv"
	printf '# a comment\nn,kind\n1,tcp\n2,"udp"\n3,sctp\n' >"$work/words.csv"
	numbers=$(run score_csv "$energy" "$work/numbers.csv") || return 1
	words=$(run score_csv --like "$work/train.csv" --columns kind "$energy" "$work/words.csv") || return 1
	[ "$numbers" = "$words" ] || { echo "$numbers"; echo "$words"; return 1; }
}
if pkg-config --exists cairo; then
	result 'examples/support compiles' compile_support
	for name in $examples; do
		result "examples/$name.c compiles with only the flags of pkg-config" compile_example "$name"
	done
	result 'first_steps trains, saves, loads, scores and samples' first_steps
	result 'every example explains its options' explains
	result 'values that an option does not accept are rejected' misuses
	result 'toy_density draws' draw toy toy_density --data 25gaussians --steps 60 --width 64 --batch 64
	result 'score_csv scores rows with the energy of toy_density' score
	result 'score_csv scores words by the dictionary of the training data' score_words
	result 'train_images draws images of its own' draw images train_images --steps 10 --batch 32
	result 'train_images draws with convolutions' draw images-conv train_images --net conv --steps 4 --batch 16
	result 'train_images rejects sides that transposed convolutions cannot produce' rejects 'images of 7 x 9: one side' \
		"$(idx_images 40 7 9)" train_images --net conv --steps 1
	result 'train_images needs images to hold out' rejects '5 images' "$(idx_images 5 8 8)" train_images --steps 1
	for kernel in nuts ula; do
		result "custom_energy draws with $kernel" draw "energy-$kernel" custom_energy --draws 200 --warmup 100 \
			--kernel $kernel
	done
	result 'refine_samples trains, refines and draws' draw refined refine_samples --steps 60 --samples 200 \
		--warmup 10 --transitions 10
	result 'refine_samples draws with the networks of toy_density' draw refined-toy refine_samples --model "$work/out/toy" \
		--samples 200 --warmup 10 --transitions 10
	result 'compare_systems trains every system and draws' draw systems compare_systems --steps 24 --samples 60 --data both
	result 'stacked_mnist does not continue a run of unknown settings' no_settings
	result 'log_likelihood draws' draw likelihood log_likelihood --steps 100 --particles 50 --levels 20
	result 'anomaly_score draws images of its own' draw anomaly anomaly_score --images 1000 --steps 20 --batch 32
	result 'anomaly_score of an energy GAN draws' draw anomaly-gan anomaly_score --images 1000 --steps 20 --batch 32 \
		--model gan
	if [ -n "${EGM_TEST_MNIST:-}" ]; then
		result 'train_images draws MNIST' draw mnist train_images --steps 10 --batch 32 --data "$EGM_TEST_MNIST"
		result 'anomaly_score reads MNIST' draw anomaly-mnist anomaly_score --images 2000 --steps 20 --batch 32 \
			--digit 9 --data "$EGM_TEST_MNIST"
		result 'stacked_mnist counts modes' draw stacked stacked_mnist --steps 4 --batch 16 --samples 200 \
			--classifier-steps 50 --data "$EGM_TEST_MNIST"
		result 'stacked_mnist does not continue with other settings' other_settings
		result 'stacked_mnist continues' draw stacked stacked_mnist --steps 4 --batch 16 --samples 100 --threads 1 \
			--resume --data "$EGM_TEST_MNIST"
	else
		skip 'train_images draws MNIST' 'EGM_TEST_MNIST is not set'
		skip 'anomaly_score reads MNIST' 'EGM_TEST_MNIST is not set'
		skip 'stacked_mnist counts modes' 'EGM_TEST_MNIST is not set'
		skip 'stacked_mnist does not continue with other settings' 'EGM_TEST_MNIST is not set'
		skip 'stacked_mnist continues' 'EGM_TEST_MNIST is not set'
	fi
else
	skip 'the examples' 'cairo is not installed'
fi
plan
