# SPDX-License-Identifier: Apache-2.0
# Long commands in scripts: what they print is kept back, and shown if they fail.
# Meanwhile one line says that they live: on a terminal in place, in a log every few
# seconds. To be sourced by bash.
# shellcheck shell=bash

# quietly WHAT COMMAND…: its status. What is done within a second is done in silence.
quietly() (
	set +e
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	trap 'exit 130' INT
	"${@:2}" </dev/null 2>&1 | follow "$1" "$log"
	status=${PIPESTATUS[0]}
	# All but ninja's own lines: of hundreds the few that are about what failed.
	[ "$status" = 0 ] || grep -v '^\[[0-9]*/[0-9]*\] ' "$log" >&2
	exit "$status"
)

follow() { # WHAT LOG
	local line status step='' began=$SECONDS told=$SECONDS every=5 format='%s… %s%s s\n'
	[ ! -t 2 ] || every=1 format='\r%s… %s%s s\e[K'
	exec 3>"$2"
	while :; do
		IFS= read -r -t 1 line
		status=$?
		# When the second is over, what there is of a line has been read.
		printf '%s' "$line" >&3
		[ $status != 0 ] || echo >&3
		[[ ! $line =~ ^\[[0-9]+/[0-9]+\] ]] || step="$BASH_REMATCH, "
		[ $status = 0 ] || [ $status -gt 128 ] || break
		if ((SECONDS - told >= (told > began ? every : 1))); then
			told=$SECONDS
			# shellcheck disable=SC2059
			printf "$format" "$1" "$step" $((SECONDS - began)) >&2
		fi
	done
	[ ! -t 2 ] || [ "$told" = "$began" ] || printf '\r\e[K' >&2
}
