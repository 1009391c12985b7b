#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What bash, zsh and fish offer at a TAB: each with the script that it finds for itself
# in an installation. All that skbscope answers is in unit/cli/complete.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"

prefix=$WORK/prefix
check "cmake --install works" cmake --install "$BUILD" --prefix "$prefix"
export PATH=$prefix/bin:$PATH HOME=$WORK XDG_DATA_DIRS=$prefix/share:/usr/share TERM=dumb
mkdir -p "$WORK/here/folder"
cd "$WORK/here" || exit 1
touch zest.c 'z own.c' z-notes.txt
cat >limits.c <<'END'
/*
 * limits - which packets are longer?
 *
 * @param LIMIT=1500 in bytes
 */
END

# Each says what would be offered for lines that end where the cursor is.
cat >"$WORK/bash" <<'END'
source /usr/share/bash-completion/bash_completion
_comp_load skbscope 2>/dev/null || __load_completion skbscope # 2.12 and later, or before
compopt() { :; } # there is no prompt whose options they were
for line; do
	# As readline does it, = is a word of its own; after it begins none yet.
	read -ra COMP_WORDS <<<"${line//=/ = }"
	[[ $line == *" " ]] && COMP_WORDS+=("")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
	_skbscope skbscope
	printf '%s\n' "${COMPREPLY[@]}" "<next>"
done
END
cat >"$WORK/fish" <<'END'
for line in $argv
	complete -C $line | cut -f 1
	echo "<next>"
end
END
# A terminal of its own, in which a TAB prints what is handed to compadd, and ^U begins anew.
cat >"$WORK/zsh" <<'END'
zmodload zsh/zpty
zpty shell "PS1= PS2= zsh -f -i"
zpty -w shell "stty -echo; fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D"
zpty -w shell 'compadd() {
	local -a offered
	(( ${argv[(I)-[OAD]]} )) || { builtin compadd -O offered "$@"; print -rl "" ">"${^offered} }
	builtin compadd "$@"
}
answer() { zle complete-word; print -r "<end>" }
zle -N answer; bindkey -e; bindkey "^I" answer; print "<""ready>"'
zpty -r shell said '*<ready>*'
for line in "${@:2}"; do
	zpty -w -n shell "$line"$'\t'
	zpty -r shell said '*<end>*'
	print -r -- "$said" | tr -d '\r\\' | sed -n 's/^>//p'
	print "<next>"
	zpty -w -n shell $'\C-u'
done
END
offered_by() { # SHELL LINE…: a line for each
	local line offered=()
	case $1 in
	bash) limited 60 bash --norc "$WORK/bash" "${@:2}" ;;
	fish) limited 60 fish "$WORK/fish" "${@:2}" ;;
	zsh) limited 60 zsh -f "$WORK/zsh" "$prefix/share/zsh/site-functions" "${@:2}" ;;
	esac | while IFS= read -r line; do
		[ "$line" = "<next>" ] || { offered+=("${line%/}"); continue; }
		printf '%s\n' "${offered[@]}" | sort -u | paste -sd,
		offered=()
	done
}

# The end of a word is the shell's: one gives the whole, another what comes after =.
offers() { # SENTENCE LINE WORDS [WORDS OF BASH]
	SENTENCES+=("$1")
	TYPED+=("$2")
	[ "$shell" = bash ] && EXPECTED+=("${4-$3}") || EXPECTED+=("$3")
}

for shell in bash zsh fish; do
	command -v "$shell" >/dev/null || { echo "skipped: there is no $shell"; continue; }
	SENTENCES=() TYPED=() EXPECTED=()
	offers "commands and programs" "skbscope d" "detach,diff,dns,doctor"
	offers "programs to run" "skbscope talk" "talkers"
	offers "the options of a command" "skbscope run --in" \
		"--include,--ingress,--interface,--interval"
	offers "choices after =" "skbscope check --output=" "--output=csv,--output=json,--output=pretty,--output=sarif,--output=table" \
		"csv,json,pretty,sarif,table"
	offers "bundled programs" "skbscope run -q proto" "protocols"
	offers "files in C, and no others" "skbscope show z" "z own.c,zest.c"
	offers "directories" "skbscope run -I f" "folder"
	offers "directories after =" "skbscope run --include=f" "$([ "$shell" != fish ] || echo --include=)folder"
	offers "a program's parameters" "skbscope run ./limits.c -D " "LIMIT="
	mapfile -t OFFERED < <(offered_by "$shell" "${TYPED[@]}")
	for i in "${!SENTENCES[@]}"; do
		equal "$shell offers ${SENTENCES[i]}" "${OFFERED[i]-}" "${EXPECTED[i]}"
	done
done
finish
