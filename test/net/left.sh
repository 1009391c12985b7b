#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What could keep a clsact filter from being taken away again: others who hold what we
# need, namespaces that are hidden, names that change. Either nothing is left, or that
# is an error and skbscope detach finds it later.
. "$(dirname "$0")/lib.sh"

namespace near
namespace far
pair near out far in
use far
count=("$PROGRAMS/count.c" -i in --hook clsact)

killed() { # ARGUMENTS of start: attached, and its process killed
	start "$@" || return
	kill -KILL "$SCOPE"
	wait "$SCOPE" 2>/dev/null
}

doctor() { "${IN[@]}" "$SKBSCOPE" doctor -j 2>"$WORK/doctor.err"; }
leftovers() { doctor | gojq -r '.[] | select(.section == "leftovers") | "\(.present) \(.detail)"'; }

case="anybody holds a lock on the ledger's directory"
start "${count[@]}"
setpriv --reuid=65534 --regid=65534 --clear-groups flock /run/skbscope sleep 600 &
holder=$!
within 5 eval '! flock -n /run/skbscope true'
stop
kill "$holder"
equal "$case: a normal end" "$STATUS" 0
nothing_left "$case" in

case="the ledger's directory is opened to others meanwhile"
start "${count[@]}"
chmod 777 /run/skbscope
stop
equal "$case: fails" "$STATUS" 1
contains "$case: says what was not done" "$(<"$ERRORS")" "but not from the ledger"
refute "$case: does not claim to be detached" grep -q "detached from" "$ERRORS"
check "$case: the filter is gone" unhooked in
contains "$case: the doctor cannot tell" "$(leftovers)" "null "
chmod 755 /run/skbscope
check "$case: detach finishes it" "${IN[@]}" "$SKBSCOPE" detach
nothing_left "$case" in

case="a stopped process holds the ledger's lock"
start "${count[@]}"
flock --no-fork /run/skbscope/.lock sleep 600 &
holder=$!
within 5 eval '! flock -n /run/skbscope/.lock true'
stop # waits for it once, not for each hook
kill "$holder"
wait "$holder" 2>/dev/null
equal "$case: fails" "$STATUS" 1
contains "$case: says so" "$(<"$ERRORS")" "but not from the ledger"
check "$case: the filters are gone" unhooked in
"${IN[@]}" "$SKBSCOPE" detach >/dev/null
nothing_left "$case" in

case="the ledger's directory is a file"
rm -rf /run/skbscope
touch /run/skbscope
contains "$case: says so" "$("${IN[@]}" "$SKBSCOPE" detach 2>&1)" "is no directory"
rm /run/skbscope

case="one of our filters is taken away, our qdisc is not"
start "${count[@]}"
"${IN[@]}" tc filter del dev in ingress
stop
equal "$case: a normal end" "$STATUS" 0
nothing_left "$case" in

case="no descriptors are left at the end"
start "${count[@]}"
prlimit --pid "$SCOPE" --nofile=5:5
stop
equal "$case: fails" "$STATUS" 1
contains "$case: says so" "$(<"$ERRORS")" "cannot remove the filter"
"${IN[@]}" "$SKBSCOPE" detach >/dev/null 2>&1
nothing_left "$case" in

case="another's qdisc in the place of ours"
start "${count[@]}"
"${IN[@]}" tc qdisc del dev in clsact
"${IN[@]}" tc qdisc add dev in clsact
stop
check "$case: stays" has_qdisc in
"${IN[@]}" tc qdisc del dev in clsact
check "$case: the ledger is empty" ledger_is_empty

case="renamed after the kill"
killed "${count[@]}"
"${IN[@]}" ip link set in down
"${IN[@]}" ip link set in name inside
"${IN[@]}" "$SKBSCOPE" detach -i in >/dev/null 2>&1
refute "$case: the old name is nobody's" unhooked inside
check "$case: detach knows it by its name now" "${IN[@]}" "$SKBSCOPE" detach -i inside
nothing_left "$case" inside
"${IN[@]}" ip link set inside name in
"${IN[@]}" ip link set in up

case="the number of a namespace that is gone is another's"
namespace first
ip -n first link add in type dummy 2>/dev/null || ip -n first link add in type veth peer name out
first=$(stat -Lc %i /run/netns/first)
use first
start "${count[@]}"
old=$SCOPE
ip netns del first
for ((i = 0; i < 9; i++)); do
	namespace "next$i"
	[ "$(stat -Lc %i "/run/netns/next$i")" != "$first" ] || break
done
if [ "$i" -lt 9 ]; then
	ip -n "next$i" link add in type dummy 2>/dev/null ||
		ip -n "next$i" link add in type veth peer name out
	use "next$i"
	killed "${count[@]}"
	kill "$old"
	wait "$old"
	refute "$case: its filter is in the ledger still" ledger_is_empty
	check "$case: detach finds it" "$SKBSCOPE" detach
	nothing_left "$case" in
else
	echo "skipped: $case: this kernel gives each its own"
	kill "$old"
	wait "$old"
fi
for ns in /run/netns/next*; do ip netns del "${ns##*/}"; done
use far

case="seen from another PID namespace"
killed "${count[@]}"
elsewhere=(unshare --pid --fork --mount-proc)
contains "$case: the doctor cannot tell" \
	"$("${elsewhere[@]}" "$SKBSCOPE" doctor -j | gojq -r '.[] | select(.name == "filter") | "\(.present) \(.detail)"')" \
	"null "
contains "$case: what takes it away" \
	"$("${elsewhere[@]}" "$SKBSCOPE" doctor)" "tc filter del dev in ingress prio"
contains "$case: detach leaves it and says so" "$("${elsewhere[@]}" "$SKBSCOPE" detach 2>&1)" "not touched"
refute "$case: it is still there" unhooked in
cp "$SKBSCOPE" "$WORK/skbscope"
contains "seen without privilege: the doctor cannot tell" \
	"$(setpriv --reuid=65534 --regid=65534 --clear-groups "$WORK/skbscope" doctor 2>&1 |
		sed -n '/^leftovers/,$p')" unknown
use home
check "$case: detach here removes it" "$SKBSCOPE" detach
use far
nothing_left "$case" in

case="a namespace outside of /run/netns with no process in it"
mkdir "$WORK/hidden dir"
touch "$WORK/hidden dir/ns" "$WORK/elsewhere"
mount --bind /run/netns/far "$WORK/hidden dir/ns"
ip netns del far
use home
cd "$WORK" || exit 1
killed "$PROGRAMS/count.c" --netns "./hidden dir/ns" -i in --hook clsact
cd / || exit 1
IN=(nsenter "--net=$WORK/hidden dir/ns" --)
refute "$case: the filter outlives a kill" unhooked in
mount --bind "$WORK/hidden dir/ns" "$WORK/elsewhere"
umount "$WORK/hidden dir/ns"
OUTPUT=$("$SKBSCOPE" detach 2>&1)
equal "$case: not found there any more, detach fails" $? 1
contains "$case: and says what it cannot find" "$OUTPUT" "network namespace"
IN=()
contains "$case: the doctor cannot tell" "$(leftovers)" "null "
mount --bind "$WORK/elsewhere" "$WORK/hidden dir/ns"
check "$case: back in its place, detach removes it" "$SKBSCOPE" detach
IN=(nsenter "--net=$WORK/elsewhere" --)
nothing_left "$case" in
IN=()
start "$PROGRAMS/count.c" --netns "$WORK/hidden dir/ns" -i in --hook clsact
umount "$WORK/hidden dir/ns"
stop
equal "$case: not found there at the end: fails" "$STATUS" 1
contains "$case: not found there at the end: says so" "$(<"$ERRORS")" "is not to be found"
refute "$case: not found there at the end: is not gone" grep -q "were gone" "$ERRORS"
mount --bind "$WORK/elsewhere" "$WORK/hidden dir/ns"
check "$case: found again, detach removes them" "$SKBSCOPE" detach
killed "$PROGRAMS/count.c" --netns "$WORK/elsewhere" -i in --hook clsact
umount "$WORK/hidden dir/ns" "$WORK/elsewhere"
use near
check "the namespace is gone" within 5 eval '! ip -n near link show out >/dev/null 2>&1'
use home
check "its filter's record goes when the kernel says that it is gone" within 5 \
	eval '"$SKBSCOPE" detach >/dev/null 2>&1; ledger_is_empty'
check "no program or map stays in the kernel" within 5 no_kernel_objects

finish
