#!/bin/bash
# SPDX-License-Identifier: MIT
# Gets the libraries that Debian has for libblas.so.3, for the stages blas and blas_all of tools/test.sh.
# usage: tools/blas.sh    prints a line for each library: its name, a tab, and what LD_LIBRARY_PATH must be
#
# The packages are downloaded and unpacked into build-blas/, and not installed: each installed one changes what
# libblas.so.3 and libopenblas.so.0 are for all programs of the machine, if its priority is higher. A library that cannot
# be downloaded, or opened, is named on stderr and left out. It is tried again the next time.
set -eu
cd "$(dirname "$0")/.."
usage() {
	sed -n '/^# usage/s/^# //p' tools/blas.sh
}
case ${1:-} in
'') ;;
-h | --help) usage; exit 0 ;;
*) usage >&2; exit 2 ;;
esac

packages='libopenblas0-pthread libopenblas0-openmp libopenblas0-serial libblis4-pthread libblis4-openmp libblis4-serial
libblas3 libatlas3-base'
if ! command -v dpkg-deb >/dev/null; then
	echo 'blas: not a Debian system' >&2
	exit 0
fi
triplet=$(gcc -print-multiarch)
root=$PWD/build-blas
mkdir -p "$root/done" "$root/lists/partial" "$root/cache/archives/partial"
# _apt, as which root would download, may not write here
apt=(apt-get -q -o APT::Sandbox::User=root)
# Where the lists of the machine are missing or old, those of an update are used, which are kept here and updated at most
# once in a run.
own_lists=(-o "Dir::State::Lists=$root/lists" -o "Dir::Cache=$root/cache")
updated=
get() { # PACKAGE
	(cd "$root" && "${apt[@]}" download "$1") && return
	(cd "$root" && "${apt[@]}" "${own_lists[@]}" download "$1") && return
	[ -z "$updated" ] || return 1
	updated=1
	"${apt[@]}" "${own_lists[@]}" update
	(cd "$root" && "${apt[@]}" "${own_lists[@]}" download "$1")
}
for package in $packages; do
	[ ! -f "$root/done/$package" ] || continue
	rm -f "$root"/"$package"_*.deb
	if get "$package" >>"$root/log" 2>&1 && dpkg-deb -x "$root"/"$package"_*.deb "$root"; then
		: >"$root/done/$package"
	else
		echo "blas: $package could not be downloaded" >&2
	fi
	rm -f "$root"/"$package"_*.deb
done

for variant in openblas-pthread openblas-openmp openblas-serial blis-pthread blis-openmp blis-serial blas atlas; do
	folder=$root/usr/lib/$triplet
	[ -e "$folder/$variant/libblas.so.3" ] || continue
	# ATLAS has a library beside the folders.
	path=$folder/$variant:$folder
	if LD_LIBRARY_PATH=$path ldd "$folder/$variant/libblas.so.3" | grep -q 'not found'; then
		echo "blas: $variant lacks a library: $(LD_LIBRARY_PATH=$path ldd "$folder/$variant/libblas.so.3" | grep 'not found')" >&2
		continue
	fi
	printf '%s\t%s\n' "$variant" "$path"
done
