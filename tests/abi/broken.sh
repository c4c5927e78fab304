#!/bin/sh
# SPDX-License-Identifier: MIT
# Tests the comparison of ABIs: a small library is changed in every way that breaks programs, and in every way that does
# not.
# usage: broken.sh COMPILER
set -u
export LC_ALL=C
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/compare.sh"
compiler=$1

if reason=$(absent); then
	skip 'a broken ABI is found' "$reason"
	plan
	exit
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# build NAME SED [NODE SONAME]: builds the library, with its header and source changed by sed, and dumps it.
build() {
	tree=$work/$1
	rm -rf "$tree"
	mkdir "$tree"
	for file in egm.h sample.c; do
		sed "$2" "$abi_here/sample/$file" >"$tree/$file"
	done
	echo "${3:-V1} { global: egm_thing_*; local: *; };" >"$tree/map"
	"$compiler" -g -O1 -shared -fPIC -I"$tree" "-Wl,-soname,${4:-libsample.so.1}" "-Wl,--version-script=$tree/map" \
		-o "$tree/library.so" "$tree/sample.c" && dump "$tree/library.so" "$tree/abi" "$tree"
}

# list NAME: the names in the header of a library that was built
list() {
	names "$compiler" "$work/$1" >"$work/$1/names"
}

# change SED [NODE SONAME]: succeeds if the changed sample is compatible with the original; the status is 10 if it is
# not, and another one if the comparison failed. Bit 2 of abidiff says that the ABI changed.
change() {
	status=0
	build new "$@" || return 1
	if [ $# = 1 ] && cmp -s "$work/old/egm.h" "$work/new/egm.h" && cmp -s "$work/old/sample.c" "$work/new/sample.c"; then
		echo 'sed changed nothing'
		return 1
	fi
	compatible "$work/old/abi" "$work/new/abi" "$work" || status=$?
	[ $((status & 4)) = 0 ] || return 10
	[ "$status" = 0 ] && list new || return 1
	empty "$(gone "$work/old/names" "$work/new/names" "$work")" || return 10
}
is_rejected() {
	change "$@" || { [ $? = 10 ]; return; }
	echo 'nothing was found'
	return 1
}

allowed() { # WHAT SED
	result "allowed: $1" change "$2"
}
rejected() { # WHAT SED [NODE SONAME]
	what=$1
	shift
	result "rejected: $what" is_rejected "$@"
}

result 'the sample can be built' build old ''
result 'its names can be listed' list old
result 'it is compatible with itself' compatible "$work/old/abi" "$work/old/abi" "$work"

allowed 'a member behind the end of options' 's/^\tint32_t last;/&\n\tdouble more;/'
allowed 'a member behind the end of a struct that contains another' 's/^\tint64_t after;/&\n\tdouble more;/'
allowed 'a function' \
	's/^EGM_API void egm_thing_free/EGM_API void egm_thing_more(void);\n&/
	s/^void egm_thing_free/void egm_thing_more(void)\n{\n}\n&/'
allowed 'an enumerator at the end' 's/EGM_ERR_STATE = -2,/&\n\tEGM_ERR_MORE = -3,/'
allowed 'an enumerator in between' 's/EGM_ERR_ARGUMENT = -1,/&\n\tEGM_ERR_MORE = -3,/'
allowed 'a value of an option' 's/EGM_FORM_SECOND = 2,/&\n\tEGM_FORM_THIRD = 3,/'
allowed 'members of a handle' 's/^\tint64_t count;/\tdouble more;\n&/'

rejected 'a member in the middle' 's/^\tdouble scale;/\tdouble more;\n&/'
rejected 'a member in front of the last, which moves beyond the end' 's/^\tint32_t last;/\tdouble more;\n&/'
# Older programs count these 4 bytes in struct_size but do not set them.
rejected 'a member in the padding at the end' 's/^\tint32_t last;/&\n\tint32_t more;/'
rejected 'a member of another type and size' 's/^\tdouble scale;/\tfloat scale;/'
rejected 'a member of another type' 's/^\tint32_t steps;/\tuint32_t steps;/'
rejected 'a member that points to another type' 's/const double \*weights;/const float *weights;/'
rejected 'a member of another type, and another behind the end' \
	's/^\tint32_t steps;/\tuint32_t steps;/;s/^\tint32_t last;/&\n\tdouble more;/'
rejected 'two members exchanged' 's/^\tint32_t form;/\tint32_t X;/;s/^\tint32_t steps;/\tint32_t form;/;s/ X;/ steps;/'
rejected 'a member with another name' 's/^\tint32_t steps;/\tint32_t repeats;/'
rejected 'a member removed' '/^\tint32_t steps;/d'
rejected 'the last member removed' 's/ && options->last//;/^\tint32_t last;/d'
rejected 'struct_size removed' '/^typedef struct egm_thing_options/{n;d}'
rejected 'a member in a struct that is passed by value' 's/^\tint64_t rows;/&\n\tint64_t columns;/'
rejected 'a member in a struct that another contains' 's/^\tdouble value;/&\n\tdouble more;/'
rejected 'an enumerator renumbered' 's/EGM_ERR_STATE = -2/EGM_ERR_STATE = -3/'
rejected 'an enumerator removed' '/EGM_ERR_STATE = -2/d'
rejected 'the value of an option renumbered' 's/EGM_FORM_SECOND = 2/EGM_FORM_SECOND = 3/'
rejected 'the value of an option removed' '/EGM_FORM_SECOND = 2/d'
rejected 'an initialiser removed' '/define EGM_THING_OPTIONS_INIT/,/^$/d'
rejected 'an inline function with another argument' 's/^\(static inline.*\)int64_t rows/\1int32_t rows/'
rejected 'a function removed' '/^EGM_API int64_t egm_thing_count/d;/^int64_t egm_thing_count/,/^}/d'
rejected 'an argument of another type' 's/int64_t steps, int64_t thin/int32_t steps, int64_t thin/'
rejected 'two arguments of one type exchanged' 's/int64_t steps, int64_t thin/int64_t thin, int64_t steps/'
rejected 'an argument added' 's/progress, void \*user)/progress, void *user, int more)/'
rejected 'a returned value of another type' 's/int64_t egm_thing_count/int32_t egm_thing_count/'
rejected 'an argument of a callback of another type' \
	's/const double \*terms/const float *terms/;s/progress(steps \* thin, &thing->value/progress(steps * thin, NULL/'
rejected 'functions under another version node' '' V2
rejected 'another soname' '' V1 libsample.so.2
plan
