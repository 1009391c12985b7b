# SPDX-License-Identifier: Apache-2.0
# Completion for bash: skbscope knows what may follow, bash knows files.

_skbscope() {
	local words=() word meaning joined= current=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=()
	# bash takes "--output=json" and "a:b" apart; only its last piece is replaced.
	for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
		if [[ ${#words[@]} != 0 && ($joined || $word == [=:]*) ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
		[[ $word == [=:]* ]] && joined=1 || joined=
	done
	[[ $current == [=:] ]] && current=
	while IFS=$'\t' read -r word meaning; do
		case $word in
		:files*)
			compopt -o filenames
			mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(
				compgen -d -- "$current"
				[[ $word == :files/ ]] || compgen -f -X "!*${word#:files}" -- "$current"
			)
			;;
		*)
			word=${word#"${words[-1]%"$current"}"}
			[[ $word == *= ]] && compopt -o nospace
			COMPREPLY+=("$word")
			;;
		esac
	done < <("${1/#\~\//$HOME/}" __complete "${words[@]}" 2>/dev/null)
}
complete -F _skbscope skbscope
