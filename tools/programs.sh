# SPDX-License-Identifier: MIT
# Sourced by the scripts here: finds meson, ninja and python3. Those in /usr/bin come first, because the first in PATH
# may be a version manager's wrapper for a Python that has no meson.
pick() { # NAME
	if [ -x "/usr/bin/$1" ]; then
		echo "/usr/bin/$1"
	else
		command -v "$1" || { echo "$1 is not installed: run tools/setup.sh" >&2; return 1; }
	fi
}
meson=$(pick meson) || exit 1
NINJA=$(pick ninja) || exit 1
python3=$(pick python3) || exit 1
export NINJA

# configure DIRECTORY OPTION...: creates the build tree, or updates an old one.
configure() {
	directory=$1
	shift
	if [ -f "$directory/build.ninja" ]; then
		"$meson" setup --reconfigure "$directory" "$@" || "$meson" setup --wipe "$directory" "$@"
	else
		rm -rf "$directory/meson-private" # remains of a first configuration that failed
		"$meson" setup "$directory" "$@"
	fi
}
