#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each allocation and each system call of a run fails once: it says so and ends, or does
# without; it does not crash, hang or print half a document, and nothing of it is left.
. "$(dirname "$0")/lib.sh"
type strace >/dev/null 2>&1 || { echo "skipped: strace is not installed"; exit 77; }

namespace near
use near
ip -n near link set lo up

# Every Nth of them, another one in each of the ways below; all when tests soak.
EVERY=${1:-$([ -n "$SOAK" ] && echo 1 || echo 24)}
first=0

# faulty WHAT COMMAND…: runs it, with the fault that it brings along. BAD has what was wrong.
faulty() {
	local status
	timeout -s KILL $((30 * SLOWNESS)) "${IN[@]}" "${@:2}" >"$WORK/out" 2>"$WORK/err" </dev/null
	status=$?
	RAN=$((RAN + 1))
	if [ "$status" -ge 126 ]; then
		BAD+="$1: status $status: $(tail -n 3 "$WORK/err")"$'\n'
	elif [ "$status" != 0 ]; then
		REFUSED=$((REFUSED + 1))
		grep -q '^[a-z_./0-9-]*: .' "$WORK/err" || BAD+="$1: status $status, and not a word"$'\n'
	fi
	gojq . "$WORK/out" >/dev/null 2>&1 || BAD+="$1: half a document: $(head -c 200 "$WORK/out")"$'\n'
	has_no_qdisc lo && [ -z "$(hooked lo)$(temporary_files)" ] && ledger_is_empty || {
		BAD+="$1: left: $(hooked lo) $(temporary_files) $(ls /run/skbscope 2>/dev/null), status $status: $(tail -n 3 "$WORK/err")"$'\n'
		"${IN[@]}" "$SKBSCOPE" detach >"$WORK/detach" 2>&1 && has_no_qdisc lo || {
			BAD+="$1: not detached: $(<"$WORK/detach")"$'\n'
			"${IN[@]}" tc qdisc del dev lo clsact
		}
		rm -rf "${TMPDIR:?}"/* /run/skbscope/*
	}
}

ALL_REFUSED=0
fresh() { RAN=0 REFUSED=0 BAD=''; }
verdict_on() { # CASE
	echo "$1: $RAN runs, of which $REFUSED failed"
	ALL_REFUSED=$((ALL_REFUSED + REFUSED))
	equal "$1: each ends well or says why not" "$BAD" ""
	nothing_left "$1" lo
}

# What a call may answer on a machine that is short of something.
declare -A ANSWERS=([bpf]=EPERM [mmap]=ENOMEM [openat]=EMFILE [read]=EIO [write]=ENOSPC [socket]=EMFILE
	[sendto]=ENOBUFS [recvmsg]=ENOBUFS [epoll_create1]=EMFILE [epoll_ctl]=ENOMEM [epoll_wait]=EINTR
	[eventfd2]=EMFILE [timerfd_create]=EMFILE [signalfd4]=EMFILE [inotify_init1]=EMFILE
	[inotify_add_watch]=ENOSPC [memfd_create]=EMFILE [clone]=EAGAIN [clone3]=EAGAIN [fcntl]=EBADF [bind]=EADDRINUSE
	[listen]=EADDRINUSE [setsockopt]=ENOMEM [getsockopt]=ENOBUFS [fstatfs]=EIO [newfstatat]=EACCES
	[getdents64]=EIO [pread64]=EIO [ftruncate]=ENOSPC [rename]=ENOSPC [unlink]=EROFS [socketpair]=EMFILE
	[prlimit64]=EPERM [getrandom]=EAGAIN [ppoll]=EINTR [poll]=EINTR [sendmsg]=ENOBUFS [flock]=EINTR
	[mkdir]=ENOSPC [readlink]=EACCES [uname]=EFAULT [setsid]=EPERM [getsockname]=ENOBUFS [fchmod]=EPERM
	[getcwd]=ENOENT [access]=EACCES [perf_event_open]=EMFILE [munmap]=ENOMEM)

both() { # CASE COMMAND…
	local case=$1 call count before n
	shift
	"${IN[@]}" "$@" >"$WORK/out" 2>"$WORK/err" || { failed "$case: as it is" "$(<"$WORK/err")"; return; }

	fresh
	"${IN[@]}" env LD_PRELOAD="$TOOLS/failing.so" FAILING_COUNT="$WORK/count" "$@" >/dev/null 2>&1
	count=$(<"$WORK/count")
	check "$case: it allocates" [ "$count" -gt 100 ]
	for ((n = 1 + first++ % EVERY; n <= count; n += EVERY)); do
		faulty "$case: allocation $n" env LD_PRELOAD="$TOOLS/failing.so" FAILING_ALLOCATION=$n "$@"
	done
	verdict_on "$case, an allocation fails"

	# Behind the dynamic loader, which ends by unmapping its cache, and before the process is
	# told to end.
	fresh
	"${IN[@]}" strace -o "$WORK/calls" "$@" >/dev/null 2>&1
	sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$WORK/calls" |
		awk '{ seen[$1]++ } $1 == "munmap" && !on { on = 1; next } on { print $1, seen[$1] }' >"$WORK/list"
	n=0
	while read -r call before; do
		[ -n "${ANSWERS[$call]:-}" ] && (((n++ + first) % EVERY == 0)) || continue
		faulty "$case: $call $before: ${ANSWERS[$call]}" strace -o /dev/null \
			-e "inject=$call:error=${ANSWERS[$call]}:when=$before" "$@"
	done <"$WORK/list"
	first=$((first + 1))
	verdict_on "$case, a system call fails"
}

run=("$SKBSCOPE" run -j --once --interval 1ms)
for hook in "${HOOKS[@]}"; do
	both "$hook" "${run[@]}" "$PROGRAMS/count.c" -i lo --hook "$hook"
done
"$TOOLS/frames" many "$WORK/frames.pcap" 3
both "a capture" "$SKBSCOPE" run -j "$PROGRAMS/events.c" -r "$WORK/frames.pcap"
both "a check" "$SKBSCOPE" check -j "$PROGRAMS/count.c"
check "some fail: faults come to pass" [ "$ALL_REFUSED" -gt 10 ]
finish
