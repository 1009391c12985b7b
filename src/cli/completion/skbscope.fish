# SPDX-License-Identifier: Apache-2.0
# Completion for fish: skbscope knows what may follow, fish knows files.

function __skbscope_complete
	set -l typed (commandline -opc) (commandline -ct)
	set -l option (string match -r -- '^--[^=]*=' $typed[-1])
	set -l value (string replace -r -- '^--[^=]*=' '' $typed[-1])
	for line in ($typed[1] __complete $typed[2..] 2>/dev/null)
		switch $line
			case ':files*'
				set -l end (string replace :files '' -- $line | string escape --style=regex)
				# What is no command is completed with files.
				complete -C "__skbscope_no_command $value" |
					string match -r -- ".*(?:/|$end)\$" | string replace -r -- '^' "$option"
			case '*'
				echo $line
		end
	end
end
complete -c skbscope -f -k -a '(__skbscope_complete)'
