#compdef skbscope
# SPDX-License-Identifier: Apache-2.0
# Completion for zsh: skbscope knows what may follow, zsh knows files.

local line
local -a described assignments
local -a typed=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
for line in "${(@f)$("${(Q)words[1]/#\~\//$HOME/}" __complete "$typed[@]" 2>/dev/null)}"; do
	case $line in
	(:files/) compset -P '--*='; _files -/ ;;
	(:files*) compset -P '--*='; _files -g "*${line#:files}" ;;
	(?*=$'\t'*) assignments+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
	(?*) described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
	esac
done
_describe -t values value described -- assignments -S ''
