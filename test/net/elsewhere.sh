#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Interfaces in other namespaces: by the namespace's name, a process in it, or a
# path; and what is said of one that is not where it was looked for.
. "$(dirname "$0")/lib.sh"

FRAMES=123
namespace near
namespace far
pair near out far in

nsenter --net=/run/netns/far -- sleep 600 &
dweller=$!
within 5 eval '[ "$(readlink "/proc/$dweller/ns/net")" != "$(readlink /proc/self/ns/net)" ]'

for hook in "${HOOKS[@]}"; do
	for netns in far "$dweller" /run/netns/far "/proc/$dweller/ns/net"; do
		case="$hook, --netns $netns"
		use home
		start "$PROGRAMS/count.c" --netns "$netns" -i in --hook "$hook" || continue
		use near
		send out udp4 "$FRAMES" >/dev/null
		stop
		equal "$case: a normal end" "$STATUS" 0
		equal "$case: every packet is counted" "$(total nt_in)" "$FRAMES"
		equal "$case: the reading names the interface" \
			"$(last '[.hooks[].interface] | unique[]')" in
		use far
		nothing_left "$case" in
		use home
		check "$case: our own namespace was left alone" unhooked lo
	done
done

case="killed in another namespace"
use home
if start "$PROGRAMS/count.c" --netns far -i in --hook clsact; then
	kill -KILL "$SCOPE"
	wait "$SCOPE" 2>/dev/null
	use far
	refute "$case: the filter outlives it" unhooked in
	use home
	check "$case: detach from here finds it there" "$SKBSCOPE" detach
	use far
	nothing_left "$case" in
	use home
fi

refused() { # CASE PART-OF-THE-SENTENCE ARGUMENTS…
	once "$PROGRAMS/count.c" "${@:3}"
	equal "$1: fails" "$STATUS" 1
	equal "$1: prints no reading" "$OUTPUT" ""
	contains "$1: says so" "$ERRORS" "$2"
}

refused "an interface that does not exist" nt-none0 -i nt-none0
refused "one that exists and one that does not" nt-none0 -i lo -i nt-none0
check "one that exists and one that does not: attached to neither" unhooked lo
refused "an interface in another namespace" in -i in
contains "an interface in another namespace: the way to it is named" "$ERRORS" --netns
refused "an address's label is no interface" "there is no interface 'in:0'" -i in:0
lacks "nor is there one elsewhere" "$(cat "$ERRORS")" "network namespace"
refused "a namespace that does not exist" nt-nowhere --netns nt-nowhere -i in
refused "a process that does not exist" 4194000 --netns 4194000 -i in
refused "a path that is no namespace" /etc/passwd --netns /etc/passwd -i in
refused "a name too long for an interface" nt-a-name-far-too-long -i nt-a-name-far-too-long
nothing_left "after all refusals" lo

kill "$dweller"
finish
