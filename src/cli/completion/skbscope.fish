# SPDX-License-Identifier: Apache-2.0
# Completion for fish: skbscope knows what may follow, fish knows files.

function __skbscope_complete
	set -l typed (commandline -opc) (commandline -ct)
	set -l option (string match -r -- '^--[^=]*=' $typed[-1])
	set -l value (string replace -r -- '^--[^=]*=' '' $typed[-1])
	for line in ($typed[1] __complete $typed[2..] 2>/dev/null)
		switch $line
			case ':files*'
				__fish_complete_suffix "$value" (string replace :files '' -- $line) |
					string replace -r -- '^' "$option"
			case ':directories'
				__fish_complete_directories "$value" | string replace -r -- '^' "$option"
			case '*'
				echo $line
		end
	end
end
complete -c skbscope -f -k -a '(__skbscope_complete)'
