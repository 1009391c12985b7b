#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/tour.md is true: its commands are run in their order, as they stand there, on a box with a
# peer and two servers behind it, and print what is shown, figures apart. What runs until Ctrl-C
# does so until its section's end, or the next such command.
#
# usage: tour.sh [--write]: the document gets what came
. "$(dirname "$0")/lib.sh"
. "$SOURCE/test/shape.sh"
DOCUMENT=$SOURCE/docs/tour.md
WRITE=${1:-}
WIDTH=118
INSTALLED=/usr/local/share/skbscope/programs # where the reader has them

# --- the box, its peer, and the servers

namespace outside
namespace box
namespace behind
ip -n box link add eth0 address 02:00:00:00:00:10 type veth peer name line address 02:00:00:00:00:01 netns outside
ip -n box link add eth1 type veth peer name server netns behind
for name in box:eth0 outside:line box:eth1 behind:server; do ip -n "${name%:*}" link set "${name#*:}" up; done
ip -n box addr add 192.0.2.10/24 dev eth0
ip -n box addr add 10.1.0.254/24 dev eth1
for address in 192.0.2.1 192.0.2.21 192.0.2.22 192.0.2.66; do ip -n outside addr add $address/24 dev line; done
for address in 10.1.0.1 10.1.0.2; do ip -n behind addr add $address/24 dev server; done
# Nobody asks for neighbours but who is told to.
for address in 192.0.2.1 192.0.2.21 192.0.2.22 192.0.2.66; do
	ip -n box neigh replace $address lladdr 02:00:00:00:00:01 dev eth0 nud permanent
done
ip -n outside neigh replace 192.0.2.10 lladdr 02:00:00:00:00:10 dev line nud permanent
ip -n behind route add default via 10.1.0.254
box() { nsenter --net=/run/netns/box -- "$@"; }
outside() { nsenter --net=/run/netns/outside -- "$@"; }
box sysctl -q net.ipv4.ip_forward=1
check "the peer answers" within 10 outside ping -q -c 1 -W 1 192.0.2.10
mkdir "$WORK/www" "$WORK/bin" "$WORK/folder"
head -c 300000 /dev/zero >"$WORK/www/large"
echo hello >"$WORK/www/index.html"
server() { nsenter "--net=/run/netns/$1" -- python3 -m http.server -d "$WORK/www" -b "$2" "$3" >/dev/null 2>&1 & }
server box 192.0.2.10 80
server behind 10.1.0.1 8000
server behind 10.1.0.2 8000
box python3 "$HERE/recipes/gateway.py" 192.0.2.10 8080 2>/dev/null &
listening() { nsenter "--net=/run/netns/$1" -- bash -c "exec 9<>/dev/tcp/$2/$3"; }
for place in "box 192.0.2.10 80" "box 192.0.2.10 8080" "behind 10.1.0.1 8000" "behind 10.1.0.2 8000"; do
	# shellcheck disable=SC2086
	check "somebody listens: $place" within 10 listening $place
done
get() { outside curl -sS -o /dev/null --max-time 20 "$@"; }
pings() { outside ping -q -c "${1:-3}" -i 0.01 -I 192.0.2.21 192.0.2.10; }

# --- what happens meanwhile, by heading

meanwhile() { # HEADING
	case $1 in
	"Block")
		get --interface 192.0.2.21 http://192.0.2.10/
		outside ping -q -c 3 -i 0.01 -W 0.1 -I 192.0.2.66 192.0.2.10 ;;
	"Shape")
		outside python3 -c '
import socket
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.bind(("192.0.2.21", 0))
for _ in range(300):
    out.sendto(b"x" * 1000, ("192.0.2.10", 9))'
		outside ping -q -c 3 -i 0.01 -I 192.0.2.22 192.0.2.10 ;;
	"Versions of an API")
		for version in v1 v2; do get --interface 192.0.2.21 http://192.0.2.10:8080/$version/models; done
		get --interface 192.0.2.22 http://192.0.2.10:8080/v1/models http://192.0.2.10:8080/v1/nothing ;;
	"Watch an AI gateway")
		for i in 1 2 3; do
			get --interface 192.0.2.21 -H 'content-type: application/json' -d '{"model":"large","messages":[]}' \
				http://192.0.2.10:8080/v1/chat/completions
		done
		get --interface 192.0.2.22 -H 'content-type: application/json' -d '{"model":"none","messages":[]}' \
			http://192.0.2.10:8080/v1/chat/completions ;;
	"Balance") for ((i = 0; i < 23; i++)); do get http://192.0.2.10:8000/; done ;;
	"Print sizes" | "Prove it") pings 20 ;;
	"Key by protocol")
		pings
		outside arping -q -c 2 -w 1 -I line 192.0.2.10 ;;
	*)
		pings
		get --interface 192.0.2.21 http://192.0.2.10/large ;;
	esac
}

# --- the document

# FILE.c, where the first line says its name.
awk -v folder="$WORK/folder" '/^```/ { c = $0 == "```c"; file = ""; next }
	c && !file && match($0, /^\/\* [a-z_]+\.c/) { file = folder "/" substr($0, 4, RLENGTH - 3) }
	c && file { print >file }' "$DOCUMENT"
check "there is a program to type" test -s "$WORK/folder/mine.c"
equal "the first program is the bundled one" \
	"$(awk '/^```/ { if (c) exit; c = $0 == "```c"; next } c' "$DOCUMENT")" \
	"$(sed '1,/^ \*\/$/d' "$SOURCE/programs/packet_count.c")"
commands() { # "HEADING<tab>COMMAND"
	awk -v OFS='\t' '/^## / { heading = substr($0, 4) }
		/^```/ { fence = $0 == "```console"; next } fence && /^# / { print heading, substr($0, 3) }' "$DOCUMENT"
}
shown_after() { # NUMBER of a command, from 1
	awk -v number="$1" '/^```/ { fence = $0 == "```console"; on = 0; next }
		fence && /^# / { on = ++n == number; next } on' "$DOCUMENT"
}
# Calls are under way or not when the last reading is taken.
write_all() {
	awk -v work="$WORK" '/^```/ { fence = $0 == "```console"; print; skip = 0; next }
		fence && /^# / { print; skip = 1; file = work "/shown-" ++n
			while ((getline line <file) > 0) if (line !~ /^calls under way/) print line; next }
		!skip' "$DOCUMENT" >"$WORK/document" && cat "$WORK/document" >"$DOCUMENT"
}

ln -s "$SKBSCOPE" "$WORK/bin/skbscope"
PATH=$WORK/bin:$PATH
LIVE= # number of the command that runs
is_live() { [[ $1 == skbscope*" -i eth0"* ]]; }
listens() { grep -qE 'attached to|recording' "$ERRORS" || gone "$SCOPE"; }

# Events, and of several readings the last.
last_shown() {
	sed -E 's/\x1b\[[0-9;?]*[a-zA-Z]//g; s/\r//g; s/ +$//' "$1" >"$WORK/plain"
	awk -v head='^[a-z_-]+ at [0-9:]+ (on|in) ' '$0 ~ head { n++ } { line[NR] = $0; of[NR] = n }
		END { for (i = 1; i <= NR; i++) if (of[i] == n || (n == 1 && !of[i])) print line[i] }' "$WORK/plain"
}
judge() { # NUMBER COMMAND: what it printed is in shown-NUMBER
	[ "$WRITE" ] || printed "'$2'" "$(shown_after "$1")" "$(<"$WORK/shown-$1")"
}
start_live() { # NUMBER HEADING COMMAND
	LIVE=$1 COMMAND=$3 OUT=$WORK/out-$1 ERRORS=$WORK/talk-$1
	: >"$ERRORS" >"$WORK/pid"
	local command=$3
	[[ $command == *" test "* ]] || command=${command/ -i / --plain -i }
	printf '%s\n' "cd $WORK/folder" "stty cols $WIDTH rows 200" "echo \$\$ >$WORK/pid" "exec $command 2>$ERRORS" \
		>"$WORK/command"
	"${IN[@]}" env --default-signal=INT TERM=xterm script -qefc "bash $WORK/command" /dev/null \
		<>"$NEVER" >"$OUT" 2>&1 &
	SCOPE=$!
	within 30 listens
	meanwhile "$2" >"$WORK/meanwhile" 2>&1
}
stop_live() {
	[ "$LIVE" ] || return 0
	# One that ends by itself has what it waits for.
	[[ $COMMAND == *" -c "* ]] && within 10 gone "$SCOPE"
	kill -INT "$(<"$WORK/pid")" 2>/dev/null
	wait_for_end
	equal "'$COMMAND' ends as it should" "$STATUS" 0 || cat "$ERRORS" "$WORK/meanwhile"
	last_shown "$OUT" >"$WORK/shown-$LIVE"
	grep -hE ' packets seen in | which passes$' "$ERRORS" >>"$WORK/shown-$LIVE"
	judge "$LIVE" "$COMMAND"
	LIVE=
}
run_one() { # NUMBER COMMAND
	(cd "$WORK/folder" && limited 60 "${IN[@]}" bash -c "$2" >"$WORK/plain" 2>&1)
	equal "'$2' ends as it should" $? 0 || cat "$WORK/plain"
	sed -E "s@$(realpath "$SOURCE")/programs/@$INSTALLED/@" "$WORK/plain" >"$WORK/shown-$1"
	judge "$1" "$2"
}

use box
before= number=0
while IFS=$'\t' read -r heading command <&3; do
	number=$((number + 1))
	[ "$heading" = "$before" ] && ! is_live "$command" || stop_live
	[ "$heading" = "$before" ] || [ -z "$LIVE" ] || stop_live
	before=$heading
	if is_live "$command"; then start_live "$number" "$heading" "$command"; else run_one "$number" "$command"; fi
	# A recording's file is there for the next command once it has ended.
	[[ $command != *--record* ]] || stop_live
done 3< <(commands)
stop_live
check "there were commands" [ "$number" -ge 15 ]
equal "nothing is left on eth0" "$(box "$TOOLS/tcx" list eth0 2>/dev/null)$(box tc qdisc show dev eth0 clsact)" ""
[ -z "$WRITE" ] || write_all
finish
