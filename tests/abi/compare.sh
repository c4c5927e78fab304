# SPDX-License-Identifier: MIT
# Sourced by other scripts: dumps the ABI of a library and compares two dumps.
abi_here=${abi_here:-$(dirname "$0")}

# absent: prints a program that the comparison needs and that is not installed; succeeds if there is one.
absent() {
	for program in abidw abidiff readelf python3; do
		command -v "$program" >/dev/null || { echo "$program is not installed: run tools/setup.sh test"; return 0; }
	done
	return 1
}

# dump LIBRARY OUT INCLUDE...: the functions of the library and the types in the headers. The dump does not depend on
# where or when the library was built.
dump() {
	dump_library=$1
	dump_out=$2
	shift 2
	for directory; do
		shift
		set -- "$@" --headers-dir "$directory"
	done
	# Without --drop-private-types the members of handles would be part of the ABI.
	abidw "$@" --drop-private-types --exported-interfaces-only --no-corpus-path --no-comp-dir-path \
		--no-show-locs --no-elf-needed --no-parameter-names --type-id-style hash "$dump_library" >"$dump_out.raw" &&
		sed "s,\(<abi-instr .*path='\)\(\.\./\)*,\1," "$dump_out.raw" >"$dump_out" && rm "$dump_out.raw"
}

# growing INCLUDE...: the structs that begin with struct_size, to which members may be appended
growing() {
	find "$@" -name '*.h' -exec cat {} + |
		awk '/^typedef struct egm_/ { name = $3 } /^\tsize_t struct_size;/ { print name }' | sort -u
}

# names COMPILER INCLUDE...: the names in the headers
names() {
	python3 "$abi_here/abi.py" names "$@"
}

# compatible OLD NEW WORK: succeeds if programs compiled against the first dump run with the second. Functions,
# enumerators, and members at the end of a struct with struct_size may be added; they are listed in WORK/added. abidiff
# calls the renaming of a member `harmless`, but programs would not compile.
compatible() {
	python3 "$abi_here/abi.py" cut "$1" "$2" "$3/added" >"$3/cut.abi" &&
		abidiff --harmless --no-added-syms "$1" "$3/cut.abi"
}

# soname_of DUMP
soname_of() {
	sed -n "s/^<abi-corpus .*soname='\([^']*\)'.*/\1/p" "$1"
}

# gone OLD NEW WORK: the lines of OLD that are not in NEW.
gone() {
	sort "$1" >"$3/gone.old"
	sort "$2" >"$3/gone.new"
	comm -23 "$3/gone.old" "$3/gone.new"
}
