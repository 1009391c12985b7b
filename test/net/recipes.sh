#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/recipes.md is true: each of its commands is run as it stands there, on a box with
# the trouble of that question, and prints what is shown, figures apart.
#
# usage: recipes.sh [--write] [QUESTION…]
#
# With --write the document gets what came; a QUESTION is a part of a heading.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/test/shape.sh"

DOCUMENT=$SOURCE/docs/recipes.md
WRITE=
[ "${1:-}" != --write ] || { WRITE=yes && shift; }
WANTED=${*:-}
WIDTH=118

# --- a box, and who is at the other end of its eth0

namespace outside
namespace box
ip -n box link add eth0 address 02:00:00:00:00:10 type veth \
	peer name line address 02:00:00:00:00:01 netns outside
for name in box:eth0 outside:line; do
	nsenter "--net=/run/netns/${name%:*}" -- sysctl -q "net.ipv6.conf.${name#*:}.disable_ipv6=0" \
		"net.ipv6.conf.${name#*:}.addr_gen_mode=1"
	ip -n "${name%:*}" link set "${name#*:}" up
done
ip -n box addr add 192.0.2.10/24 dev eth0
ip -n box addr add 2001:db8::10/64 dev eth0 nodad
ip -n box route add default via 192.0.2.1
for address in 192.0.2.1 192.0.2.21 192.0.2.22 192.0.2.66; do ip -n outside addr add $address/24 dev line; done
ip -n outside addr add 2001:db8::21/64 dev line nodad
ip -n outside addr add 203.0.113.9/32 dev lo
check "the other end answers" within 10 nsenter --net=/run/netns/box -- ping -q -c 1 -W 1 192.0.2.1
use box
box() { nsenter --net=/run/netns/box -- "$@"; }
outside() { nsenter --net=/run/netns/outside -- "$@"; }
. "$HERE/recipes/traffic.sh"

# --- the document

# "HEADING<tab>COMMAND" for each command of it.
commands() {
	awk -v OFS='\t' '/^## / { heading = substr($0, 4) }
		/^```/ { fence = !fence; next } fence && /^# / { print heading, substr($0, 3) }' "$DOCUMENT"
}
shown_after() { # COMMAND: what the document has below it
	COMMAND="# $1" awk '/^```/ { on = 0 } on && /^# / { on = 0 } on { print }
		$0 == ENVIRON["COMMAND"] { on = 1 }' "$DOCUMENT"
}
put_after() { # COMMAND FILE: in its place
	COMMAND="# $1" awk -v file="$2" '/^```/ || /^# / { on = 0 } !on { print }
		$0 == ENVIRON["COMMAND"] { on = 1; while ((getline line <file) > 0) print line }' "$DOCUMENT" >"$WORK/document" &&
		cat "$WORK/document" >"$DOCUMENT"
}
slug() { tr 'A-Z ' 'a-z_' <<<"$1" | tr -cd 'a-z_'; }

mkdir "$WORK/bin"
ln -s "$SKBSCOPE" "$WORK/bin/skbscope"
PATH=$WORK/bin:$PATH
OUT=$WORK/out
listens() { grep -q 'attached to' "$ERRORS" || gone "$SCOPE"; }

# As on a terminal, where rows are fitted, but as text.
run_recipe() { # HEADING COMMAND
	local traffic
	traffic=traffic_$(slug "$1")
	check "'$1' has traffic" declare -F "$traffic" || return
	ERRORS=$WORK/talk
	: >"$ERRORS" >"$WORK/pid"
	cat >"$WORK/command" <<-END
		cd $WORK/folder
		stty cols $WIDTH rows 200
		echo \$\$ >$WORK/pid
		exec ${2/ -i / --plain -i } 2>$ERRORS
	END
	"${IN[@]}" env --default-signal=INT TERM=xterm script -qefc "bash $WORK/command" /dev/null \
		<>"$NEVER" >"$OUT" 2>&1 &
	SCOPE=$!
	within 30 listens
	"$traffic" >"$WORK/traffic" 2>&1
	kill -INT "$(<"$WORK/pid")" 2>/dev/null
	wait_for_end
	equal "'$2' ends as it should" "$STATUS" 0 || cat "$ERRORS" "$WORK/traffic"
	last_shown >"$WORK/last"
	if [ "$WRITE" ]; then put_after "$2" "$WORK/last"; else
		printed "'$1'" "$(shown_after "$2")" "$(cat "$WORK/last")"; fi
}

# Events, and of several readings the last.
last_shown() {
	sed -E 's/\x1b\[[0-9;?]*[a-zA-Z]//g; s/\r//g; s/ +$//' "$OUT" >"$WORK/plain"
	awk -v head='^[a-z_]+ at [0-9:]+ (on|in) ' '$0 ~ head { n++ } { line[NR] = $0; of[NR] = n }
		END { for (i = 1; i <= NR; i++) if (of[i] == n || (n == 1 && !of[i])) print line[i] }' "$WORK/plain"
	grep -h ' packets seen in ' "$ERRORS"
}

mkdir "$WORK/folder"
serve
make_files
while IFS=$'\t' read -r heading command <&3; do
	[[ "$heading" == *"$WANTED"* ]] || continue
	run_recipe "$heading" "$command"
done 3< <(commands)
equal "fifteen questions, or more, are answered" "$([ "$(commands | cut -f 1 | sort -u | wc -l)" -ge 15 ] && echo yes)" yes
finish
