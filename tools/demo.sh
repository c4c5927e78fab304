#!/bin/sh
# SPDX-License-Identifier: MIT
# From a fresh Debian 12 to the first pictures: installs missing packages, builds libegm, installs it into a folder of
# its own, trains networks on images, and draws pictures of the results.
# usage: tools/demo.sh [--data DIR] [--out DIR] [--minutes M] [--seed S]
#   --data DIR    folder of train-images-idx3-ubyte(.gz) of MNIST; without it the program draws images
#   --out DIR     folder for the pictures, default out
#   --minutes M   time for the training, default 6
#   --seed S      seed of the training, default 1
set -eu
data='' out=out minutes=6 seed=1
usage() {
	sed -n '/^# usage/,/^[^#]/s/^# //p' "$0"
}
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--data | --out | --minutes | --seed)
		[ $# -ge 2 ] || { echo "demo: $1 needs a value" >&2; exit 2; }
		case $1 in
		--data) data=$2 ;;
		--out) out=$2 ;;
		--minutes) minutes=$2 ;;
		--seed) seed=$2 ;;
		esac
		shift 2
		;;
	*) echo "demo: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
	esac
done
number() { # NAME VALUE: a decimal number without a sign
	case $2 in '' | . | *[!0-9.]* | *.*.*) echo "demo: $1 is '$2', must be a number" >&2; usage >&2; exit 2 ;; esac
}
number --minutes "$minutes"
number --seed "$seed"
if [ -n "$data" ]; then
	[ -d "$data" ] || { echo "demo: --data $data is not a folder" >&2; usage >&2; exit 2; }
	data=$(cd "$data" && pwd)
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")/.."

tools/setup.sh build
. tools/programs.sh
prefix=$PWD/build-demo/prefix
quiet=--quiet
[ ! -t 1 ] || quiet=''
echo 'demo: compiling the library in build-demo, which needs about a minute and 15 MB'
mkdir -p build-demo
configure build-demo -Dtests=disabled -Ddefault_library=both "--prefix=$prefix" >build-demo/demo.log 2>&1 ||
	{ tail -n 30 build-demo/demo.log >&2; exit 1; }
# On a terminal ninja shows in one line what it compiles.
# shellcheck disable=SC2086
"$NINJA" $quiet -C build-demo
"$meson" install -C build-demo --no-rebuild >build-demo/demo.log 2>&1 ||
	{ tail -n 30 build-demo/demo.log >&2; exit 1; }

libdir=$(dirname "$(find "$prefix" -name libegm.a)")
export PKG_CONFIG_PATH="$libdir/pkgconfig"
# As a program outside of this tree is compiled.
# shellcheck disable=SC2046
${CC:-cc} -O2 -o build-demo/train_images examples/train_images.c examples/support/*.c \
	$(pkg-config --cflags --libs egm cairo) -lm

set -- --out "$out" --minutes "$minutes" --seed "$seed"
[ -z "$data" ] || set -- "$@" --data "$data"
marker=build-demo/started
touch "$marker"
echo "demo: training for $minutes minutes; the lines show the terms of the loss"
LD_LIBRARY_PATH=$libdir build-demo/train_images "$@"

for picture in samples energies losses; do
	[ "$out/$picture.png" -nt "$marker" ] || { echo "demo: $out/$picture.png was not written" >&2; exit 1; }
done
cat <<END
demo: the pictures in $out
  samples.png    100 images that the generator has made
  energies.png   the energies of real images that were not trained on, and of generated images: the more the two
                 histograms overlap, the less the energy can tell them apart
  losses.png     the terms of the loss during the training
Beside them are the two networks and a checkpoint. build-demo ($(du -sh build-demo | cut -f 1)) can be deleted.
END
