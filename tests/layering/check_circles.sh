#!/bin/sh
# SPDX-License-Identifier: MIT
# The symbols of the object files, which show what no #include does: a file uses files of its own layer and of those
# below, and no files of a layer use each other in a circle.
# usage: check_circles.sh LIB BUILT_LIB, BUILT_LIB with libegm_<layer>.a of each layer
set -u
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/order.sh"
lib=$1
built=$2
layers=$(cd "$lib" && find . -mindepth 1 -maxdepth 1 -type d | sed 's|^\./||' | LC_ALL=C sort)

if ! command -v nm >/dev/null; then
	skip 'symbols of the object files' 'no nm here'
	plan
	exit
fi

# "layer file D|U symbol", a line for each global symbol that an object file defines or uses. nm -A -P prints
# "archive[object]: symbol type ..."; an object of meson is named after its source, core_alloc.c.o.
symbols() {
	(cd "$built" && for layer in $layers; do nm -A -P -g "libegm_$layer.a"; done) | awk '
		{ path = $1; sub(/.*libegm_/, "", path); object = path
		  sub(/\.a.*/, "", path)
		  sub(/\]:$/, "", object); sub(/.*[\[\/]/, "", object); sub("^" path "_", "", object); sub(/\.o$/, "", object)
		  if ($3 ~ /^[TDBRCV]$/) print path, object, "D", $2
		  if ($3 == "U") print path, object, "U", $2 }'
}

# "user's layer, user's file, layer, file, symbol" of each use of a symbol of another file
arrows() {
	LC_ALL=C sort -u | awk '
		$3 == "D" { layer[$4] = $1; file[$4] = $2 }
		$3 == "U" { n++; users_layer[n] = $1; users_file[n] = $2; name[n] = $4 }
		END { for (i = 1; i <= n; i++) {
		        s = name[i]
		        if (s in layer && (layer[s] != users_layer[i] || file[s] != users_file[i]))
		            print users_layer[i], users_file[i], layer[s], file[s], s
		      } }'
}

wrong_layers() { # LAYER
	awk -v layer="$1" -v allowed=" $1 $(may_use "$1") " '
		$1 == layer && !index(allowed, " " $3 " ") { print "lib/" $1 "/" $2 " may not use " $5 " (lib/" $3 "/" $4 ")" }'
}

# The files that reach themselves, each with those that it reaches and that reach it.
circles() { # LAYER
	awk -v layer="$1" '
		$1 == layer && $3 == layer { reach[$2, $4] = 1; seen[$2] = seen[$4] = 1 }
		END {
			n = 0
			for (f in seen) name[++n] = f
			for (k = 1; k <= n; k++)
				for (i = 1; i <= n; i++)
					if ((name[i], name[k]) in reach)
						for (j = 1; j <= n; j++)
							if ((name[k], name[j]) in reach) reach[name[i], name[j]] = 1
			for (i = 1; i <= n; i++) {
				if (!((name[i], name[i]) in reach)) continue
				line = "lib/" layer "/" name[i] " is in a circle with"
				for (j = 1; j <= n; j++)
					if (j != i && (name[i], name[j]) in reach && (name[j], name[i]) in reach) line = line " " name[j]
				print line
			}
		}' | LC_ALL=C sort
}

all=$(symbols | arrows)
for layer in $layers; do
	may_use "$layer" >/dev/null || { result "lib/$layer is a layer of the order" false; continue; }
	[ -f "$built/libegm_$layer.a" ] || { result "there is libegm_$layer.a" false; continue; }
	result "$layer uses its own files and those of layers below" empty "$(echo "$all" | wrong_layers "$layer")"
	result "no circle among the files of $layer" empty "$(echo "$all" | circles "$layer")"
done
# If these two are missing, the symbols could not be read, and nothing above has been checked.
result 'api uses core, and compile.c uses resolve.c' sh -c \
	'echo "$1" | grep -q "^api .* core " && echo "$1" | grep -q "^compile compile.c compile resolve.c "' sh "$all"
plan
