#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manual page of one command, as scdoc reads it: of skbscope.8.scd what is said of it, and
# of the options those that it has by its own word.
#
#   docs/command-page.sh COMMAND SKBSCOPE <skbscope.8.scd
set -eu
command=$1
summary=$("$2" "$command" --help | sed -n 3p)
options=$("$2" "$command" --help=all | grep -oE '(^|[ ,])--[a-z-]+' | tr -d ' ,' | sort -u | tr '\n' ' ')
exec awk -v command="$command" -v summary="$summary" -v options=" $options" '
BEGIN {
	print "skbscope-" command "(8) \"\" \"System administration\"\n"
	print "; SPDX-License-Identifier: Apache-2.0\n"
	print "# NAME\n\nskbscope-" command " - " summary "\n"
}
/^# / {
	part = $0
	on = 0
	if (part == "# SYNOPSIS" || part == "# COMMANDS" || part == "# OPTIONS")
		print part == "# COMMANDS" ? "# DESCRIPTION\n" : part "\n"
	next
}
function is_ours(line) { return index(line, "*skbscope " command "*") == 1 }
part == "# SYNOPSIS" && is_ours($0) { print $0 "\n" }
part == "# COMMANDS" && /^\*skbscope / { on = is_ours($0) }
part == "# COMMANDS" && on && /^\tOptions:/ { next }
part == "# COMMANDS" && on { print }
part == "# OPTIONS" && /^## / { title = $0; on = 0; next }
part == "# OPTIONS" && /^\*-/ {
	on = 0
	rest = $0
	while (match(rest, /--[a-z-]+/)) {
		on = on || index(options, " " substr(rest, RSTART, RLENGTH) " ")
		rest = substr(rest, RSTART + RLENGTH)
	}
	if (on && title != "") { print title "\n"; title = "" }
}
part == "# OPTIONS" && on { print }
END {
	print "\n# SEE ALSO\n"
	print "*skbscope*(8), which has exit statuses, the environment, files and examples"
}'
