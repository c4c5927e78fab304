# SPDX-License-Identifier: MIT
# Completion of the program egm for bash.
_egm() {
	local word=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W 'info convert --help --version' -- "$word")
	elif [[ $word == -* ]]; then
		local options='--json'
		[ "${COMP_WORDS[1]}" = convert ] && options='--like --to-pytorch --prefix --zero-bias --json'
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
	else
		mapfile -t COMPREPLY < <(compgen -f -X '!*.safetensors' -- "$word"; compgen -d -- "$word")
	fi
}
complete -o filenames -F _egm egm
