#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The interface or its whole namespace goes while we count on it: the last reading
# is printed, the end is said, and nothing is kept alive.
. "$(dirname "$0")/lib.sh"

FRAMES=123
namespace near

absent() { ! ip -n "$1" link show "$2" >/dev/null 2>&1; }

for hook in "${HOOKS[@]}"; do
	case="$hook, the only interface is deleted"
	namespace far
	pair near out far in
	use far
	if start "$PROGRAMS/count.c" -i in --hook "$hook" --interval "$(ms 50)"; then
		use near
		send out udp4 "$FRAMES" >/dev/null
		ip -n far link del in
		wait_for_end
		equal "$case: fails" "$STATUS" 1
		contains "$case: and says that nothing is attached" "$(cat "$ERRORS")" attached
		equal "$case: the last reading has every packet" "$(total nt_in)" "$FRAMES"
		equal "$case: it shows no hook as attached" "$(last '[.hooks[].attached] | any')" \
			false
	fi
	check "$case: no program or map stays in the kernel" within 5 no_kernel_objects
	check "$case: the ledger is empty" ledger_is_empty

	case="$hook, one of two interfaces is deleted"
	pair near out far in
	pair near out2 far in2
	use far
	if start "$PROGRAMS/count.c" -i in -i in2 --hook "$hook" --interval "$(ms 50)"; then
		use near
		send out udp4 "$FRAMES" >/dev/null
		send out2 udp4 "$FRAMES" >/dev/null
		ip -n far link del in
		send out2 udp6 "$FRAMES" >/dev/null
		check "$case: a reading shows which is left" within 5 \
			eval '[ "$(last "[.hooks[] | select(.attached) | .interface] | unique[]")" = in2 ]'
		stop
		equal "$case: a normal end" "$STATUS" 0
		equal "$case: the other was counted on" "$(total nt_in)" $((FRAMES * 3))
	fi
	use far
	nothing_left "$case" in2
	ip -n far link del in2

	case="$hook, the namespace is deleted"
	pair near out far in
	use home
	if start "$PROGRAMS/count.c" --netns far -i in --hook "$hook" --interval "$(ms 50)"; then
		use near
		send out udp4 "$FRAMES" >/dev/null
		ip netns del far
		check "$case: we do not keep it alive" within 5 absent near out
		wait_for_end
		equal "$case: fails" "$STATUS" 1
		equal "$case: the last reading has every packet" "$(total nt_in)" "$FRAMES"
	fi
	ip netns del far 2>/dev/null
	check "$case: no program or map stays in the kernel" within 5 no_kernel_objects
	check "$case: the ledger is empty" ledger_is_empty

	case="$hook, killed, then the namespace is deleted"
	namespace far
	pair near out far in
	use home
	if start "$PROGRAMS/count.c" --netns far -i in --hook "$hook"; then
		kill -KILL "$SCOPE"
		wait "$SCOPE" 2>/dev/null
		ip netns del far
		check "$case: it goes" within 5 absent near out
		"$SKBSCOPE" detach >/dev/null 2>&1
		check "$case: the ledger is empty after detach" ledger_is_empty
		check "$case: no program or map stays in the kernel" within 5 no_kernel_objects
	fi
	ip netns del far 2>/dev/null
done

finish
