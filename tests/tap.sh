# SPDX-License-Identifier: MIT
# TAP for checks in shell: source it, call `result` and `skip`, end with `plan`.
tap_count=0

# result NAME COMMAND...: passes when the command succeeds; its output explains a failure.
result() {
	tap_name=$1
	shift
	tap_count=$((tap_count + 1))
	if tap_text=$("$@" 2>&1); then
		echo "ok $tap_count - $tap_name"
	else
		echo "not ok $tap_count - $tap_name"
		echo "$tap_text" | sed 's/^/# /'
	fi
}

# skip NAME REASON
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

plan() {
	echo "1..$tap_count"
}

# empty TEXT: succeeds when there is none, else shows it.
empty() {
	[ -z "$1" ] || { echo "$1"; return 1; }
}
