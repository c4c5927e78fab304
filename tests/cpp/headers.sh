#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header compiles alone in every standard of C++ that egm.hpp supports, with every installed compiler. Wrong
# arguments do not compile with egm.hpp, and the compiler's message says why.
# usage: headers.sh DIRECTORY...   the include directories, source and build tree
set -u
. "$(dirname "$0")/../tap.sh"

# Both compilers look there as with -I; a folder may have a space in its name.
CPATH=$(IFS=:; echo "$*")
export CPATH
headers=$(for directory in "$@"; do (cd "$directory" && find . -name '*.h' -o -name '*.hpp'); done | sed 's|^\./||' |
	LC_ALL=C sort)
warnings='-Wall -Wextra -pedantic -Wshadow -Wundef -Wold-style-cast -Wconversion -Wsign-conversion -Wnon-virtual-dtor'
warnings="$warnings -Werror"

compile_all() { # COMPILER STANDARD
	for header in $headers; do
		echo "#include <$header>" | $1 -x c++ "-std=$2" $warnings -fsyntax-only - ||
			{ echo "$header fails"; return 1; }
	done
}
# Every initialiser of the headers compiles with these warnings, too.
initialisers() { # COMPILER STANDARD
	{
		echo '#include <egm.h>'
		for macro in $macros; do
			type=$(echo "${macro%_INIT}" | tr '[:upper:]' '[:lower:]')
			echo "$type take_$type(); $type take_$type() { $type object = $macro; return object; }"
		done
	} | $1 -x c++ "-std=$2" $warnings -fsyntax-only -
}
macros=$(for directory in "$@"; do cat "$directory"/egm/*.h; done | sed -n 's/^#define \(EGM_[A-Z_]*_INIT\)\b.*/\1/p')

# The functions whose first parameter is the handle in their name.
verbs=$(for directory in "$@"; do cat "$directory"/egm/*.h; done | tr '\n' ' ' |
	grep -oE '\begm_([a-z]+)_[a-z0-9_]+\((const )?egm_\1 \*[a-z]' | sed 's/(.*//' | grep -v '_free$' | sort -u)
methods() {
	wrapper=$(cat "$1/egm.hpp")
	missing=$(for verb in $verbs; do
		name=${verb#egm_}
		handle=${name%%_*} method=${name#*_}
		case $method in save_memory) line="EGM_SAVE_MEMORY($handle)" ;; *) line="($handle, $method)" ;; esac
		case $wrapper in *"$line"* | *"$verb"*) ;; *) [ "$handle" = model ] && echo "$wrapper" | grep -q "LAYER($method)" ||
			echo "$verb" ;; esac
	done)
	empty "$missing"
}

prelude='#include <egm.hpp>
void program(egm::context &context, egm::model &model, std::vector<float> &x, std::vector<double> &p);
void program(egm::context &context, egm::model &model, std::vector<float> &x, std::vector<double> &p)
{ (void)context; (void)model; (void)x; (void)p; '
accepts() { # COMPILER STATEMENTS
	printf '%s%s\n}\n' "$prelude" "$2" | $1 -x c++ -std=c++11 $warnings -fsyntax-only -
}
rejects() { # COMPILER TEXT STATEMENTS
	out=$(accepts "$1" "$3" 2>&1) && { echo 'compiles'; return 1; }
	case $out in *"$2"*) ;; *) echo "$out"; return 1 ;; esac
}

result 'there are headers of both languages' [ "$(echo "$headers" | grep -c '^egm\.h')" = 2 ]
result 'there are verbs' [ "$(echo "$verbs" | wc -l)" -gt 80 ]
result 'every verb of a handle is a method' methods "$1"
result 'there are initialisers' [ "$(echo "$macros" | wc -l)" -gt 20 ]
for compiler in g++ clang++; do
	for standard in c++11 c++17 c++20; do
		if command -v "$compiler" >/dev/null; then
			result "each header alone as $standard by $compiler" compile_all "$compiler" "$standard"
			result "every initialiser as $standard by $compiler" initialisers "$compiler" "$standard"
		else
			skip "each header alone as $standard by $compiler" "$compiler is not installed"
			skip "every initialiser as $standard by $compiler" "$compiler is not installed"
		fi
	done
	command -v "$compiler" >/dev/null || { skip "what $compiler rejects" "$compiler is not installed"; continue; }
	result "$compiler accepts what is right" accepts "$compiler" \
		'double kl; egm::call(egm_metric_kl, p, p, kl); model.dense(x.size()).energy(x, egm::span<float>(x));'
	result "$compiler rejects a copy" rejects "$compiler" 'deleted' 'egm::model copy = model;'
	result "$compiler rejects a fraction of a unit" rejects "$compiler" 'a count is no floating number' \
		'model.dense(2.5);'
	result "$compiler rejects a missing number" rejects "$compiler" 'arguments are missing' 'model.dense();'
	result "$compiler rejects an argument too many" rejects "$compiler" 'has fewer parameters' 'model.dense(2, 3);'
	result "$compiler rejects the options of another loss" rejects "$compiler" 'has another type in the C function' \
		'egm_wgan_options options = EGM_WGAN_OPTIONS_INIT; egm::make(egm_loss_gan, model, model, options);'
	result "$compiler rejects another kind of handle" rejects "$compiler" 'has another type in the C function' \
		'egm::make(egm_trainer_create, model);'
	result "$compiler rejects a result that nobody can read" rejects "$compiler" 'a result needs a variable' \
		'egm::call(egm_metric_kl, p, p, 1.0);'
	result "$compiler rejects room that is lost" rejects "$compiler" 'no matching' \
		'model.energy(x, std::vector<float>(2));'
	result "$compiler rejects room that is constant" rejects "$compiler" 'no matching' \
		'const std::vector<float> room(2); model.energy(x, room);'
	result "$compiler rejects integers as numbers" rejects "$compiler" 'no ' 'model.energy(std::vector<int>(2));'
done
plan
