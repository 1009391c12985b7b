#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What export writes is loaded by tc, bpftool and a skeleton, and counts what skbscope run
# counts of the same packets; every bundled program can be taken along; and the commands of
# docs/export.md do what they say.
. "$(dirname "$0")/lib.sh"
for tool in bpftool gojq; do
	type "$tool" >/dev/null 2>&1 || { echo "skipped: $tool is not installed"; exit 77; }
done
tc -V | grep -q libbpf || { echo "skipped: tc is built without libbpf"; exit 77; }
mount -t bpf bpf /sys/fs/bpf
PINS=/sys/fs/bpf
cd "$WORK" || exit

namespace near
namespace far
pair near eth0 far peer
in_near() { nsenter --net=/run/netns/near -- "$@"; }
tc_near() { in_near tc "$@"; }

write() { # PROGRAM FILE MORE…: what was said is in SAID
	"$SKBSCOPE" export "$@" >"$WORK/export.out" 2>"$WORK/export.err"
	STATUS=$?
	SAID=$(<"$WORK/export.err")
	equal "export $1: nothing on stdout" "$(<"$WORK/export.out")" ""
}
load() { # STEM
	rm -rf "${PINS:?}/$1" "$PINS/$1-maps"
	bpftool prog loadall "$1.o" "$PINS/$1" pinmaps "$PINS/$1-maps" >"$1.log" 2>&1
}
unload() { rm -rf "${PINS:?}/$1" "$PINS/$1-maps"; }

# --- every bundled program

for file in "$SOURCE"/programs/*.c; do
	name=${file##*/} name=${name%.c}
	write "$name" "$name.o"
	equal "$name is exported" "$STATUS" 0 || { echo "$SAID"; continue; }
	check "$name: bpftool loads it" load "$name"
	equal "$name: and has nothing to say" "$(<"$name.log")" ""
	lacks "$name: no name of a temporary file stays" "$(echo "$name".o*)" " "
	if [[ $SAID == *"tail-called"* ]]; then
		refute "$name: tc has no functions for its tail calls" \
			tc filter add dev lo ingress bpf da obj "$name.o" sec tc
	else
		tc qdisc add dev lo clsact
		check "$name: tc loads it" tc filter add dev lo ingress bpf da obj "$name.o" sec tc
		tc qdisc del dev lo clsact
	fi
	# The lines that are said, as they are said.
	tc qdisc add dev lo clsact
	sed -n 's/^    tc filter/tc filter/p' <<<"${SAID//IFACE/lo}" >lines
	[[ $SAID == *"object-pinned"* ]] || unload "$name"
	check "$name: is attached as is said" bash -e lines
	contains "$name: there are such lines" "$(<lines)" "tc filter add dev lo"
	tc qdisc del dev lo clsact
	unload "$name"
done

# --- the same packets, the same rows

# What a map has, without its number: of what a session, or an object, has.
rows_of() { # MAP-ID
	bpftool -j map dump id "$1" | gojq -c '[.[] | del(.formatted)] | sort'
}
map_called() { # PROGRAM-ID NAME
	local id ids
	ids=$(bpftool -j prog show id "$1" | gojq -r '.map_ids[]')
	for id in $ids; do
		[ "$(bpftool -j map show id "$id" | gojq -r .name)" != "$2" ] || echo "$id"
	done
}
judged_ours() { [ "$(last '[.verdicts[].packets] | add')" = "$sent" ]; }
judged_theirs() {
	[ "$(bpftool -j map dump pinned "$PINS/$name-maps/skb_verdicts" |
		gojq '[.[].formatted.values[].value] | add')" = "$sent" ]
}
# Programs in which no time is, and their tables. Ours is on a hook in front or behind: it
# is passive, and so is the object.
for pair in packet_count:packet_count protocols:ethertypes sizes:sizes talkers:talkers services:services; do
	name=${pair%:*} table=${pair#*:}
	case="the same packets, $name"
	"$SKBSCOPE" export "$name" "$name.o" 2>/dev/null
	check "$case: loaded" load "$name"
	use near
	start "$name" -i eth0 --interval "$(ms 20)" || continue
	tc_near qdisc add dev eth0 clsact 2>/dev/null
	for pin in "$PINS/$name"/*; do
		direction=ingress
		[[ ${pin##*/} != *sent* && ${pin##*/} != *out* ]] || direction=egress
		check "$case: ${pin##*/} on $direction" \
			tc_near filter add dev eth0 $direction bpf da object-pinned "$pin"
	done
	use far
	send peer udp4 123 >/dev/null
	send peer tcp4 45 -l 333 >/dev/null
	send peer udp6 67 >/dev/null
	use near
	send eth0 tcp4 89 >/dev/null
	sent=$((123 + 45 + 67))
	[ "$(last '.hooks | length')" = 1 ] || sent=$((sent + 89))
	check "$case: all packets were seen" within 10 judged_ours
	check "$case: and by the object" within 10 judged_theirs
	tc_near qdisc del dev eth0 clsact
	ours=$(last '.hooks[0].program_id')
	theirs=$(bpftool -j map show pinned "$PINS/$name-maps/$table" | gojq .id)
	ours=$(rows_of "$(map_called "$ours" "$table")")
	contains "$case: there are rows" "$ours" '"key"'
	equal "$case: the same rows" "$(rows_of "$theirs")" "$ours"
	stop
	unload "$name"
done
use near
nothing_left "after these" eth0

# --- what it does to packets

in_near ip addr add 192.0.2.1/24 dev eth0
ip link set lo up
arrives() { # NUMBER: of 23 datagrams that are sent
	local before
	before=$(delivered)
	datagrams 127.0.0.1 23
	[ $(($(delivered) - before)) = "$1" ]
}
IN=()
for word in passive enforced; do
	enforce=()
	[ $word = passive ] || enforce=(--enforce)
	write "$PROGRAMS/verdict.c" drop.o -D VERDICT=TC_ACT_SHOT "${enforce[@]}" udp port 2323
	equal "$word: exported" "$STATUS" 0 || echo "$SAID"
	tc qdisc add dev lo clsact
	check "$word: loaded by tc" tc filter add dev lo ingress bpf da obj drop.o sec tc
	check "$word: what it answers is$([ $word = passive ] && echo " not") done" \
		arrives $([ $word = passive ] && echo 23 || echo 0)
	id=$(tc -j filter show dev lo ingress | gojq '.[] | select(.options.prog) | .options.prog.id')
	map=$(map_called "$id" skb_verdicts)
	equal "$word: 23 times SHOT" "$(bpftool -j map dump id "$map" |
		gojq '[.[] | select(.formatted.key == 3).formatted.values[].value] | add')" 23
	ping -q -c 3 -i 0.2 127.0.0.1 >/dev/null
	equal "$word: what the filter leaves out is not counted" "$(bpftool -j map dump id "$map" |
		gojq '[.[].formatted.values[].value] | add')" 23
	contains "$word: lines are the user's" "$(bpftool prog dump xlated id "$id" linum)" "verdict.c"
	tc qdisc del dev lo clsact
done

write "$PROGRAMS/tail.c" tail.o --enforce
contains "tail calls: what to run" "$SAID" "bpftool prog loadall tail.o /sys/fs/bpf/tail pinmaps"
check "tail calls: loaded" load tail
tc qdisc add dev lo clsact
check "tail calls: attached" tc filter add dev lo ingress bpf da object-pinned "$PINS/tail/${PREFIX}entry"
check "tail calls: they are made" arrives 0
tc qdisc del dev lo clsact
unload tail

# --- what cannot go along

refused() { # SENTENCE STATUS WORDS ARGUMENTS…
	write "${@:4}"
	equal "$1: exit status" "$STATUS" "$2"
	contains "$1: what is said" "$SAID" "$3"
	equal "$1: nothing is written" "$(echo refused.*)" ""
}
cat >changes.c <<'END'
int changes(struct __sk_buff *skb) { skb->mark = 1; return -1; }
END
cat >structs.c <<'END'
#include <linux/sched.h>
BPF_HASH(t, u32, u64);
int structs(struct __sk_buff *skb) { u32 size = offsetof(struct task_struct, pid); t.increment(size); return -1; }
END
cat >prints.c <<'END'
BPF_TABLE_PINNED("array", int, u64, kept, 1, "/sys/fs/bpf/elsewhere");
int prints(struct __sk_buff *skb) { int zero = 0; u64 *k = kept.lookup(&zero); if (k) bpf_trace_printk("%d\n", skb->len); return PAGE_SIZE; }
END
refused "a name" 2 "neither in .o nor in .skb" packet_count refused.elf
refused "a change" 2 "writes to the packet's metadata" ./changes.c refused.o
refused "what does not compile" 3 "does not compile" -e 'x' refused.o
refused "structs of this kernel" 2 "takes structs from this machine's kernel" ./structs.c refused.o
refused "a directory that is not there" 1 "cannot write" packet_count nowhere/refused.o
refused "a filter beside a .skb" 2 "said where that is run" packet_count refused.skb tcp
mkdir directory.o
refused "what is no file" 1 "is no file" packet_count directory.o
write ./changes.c changes.o --enforce
equal "a change that is enforced" "$STATUS" 0
write ./prints.c prints.o
equal "prints go along" "$STATUS" 0
contains "prints: where to" "$SAID" "/sys/kernel/tracing/trace_pipe"
contains "a pin: where it will be" "$SAID" "not at /sys/fs/bpf/elsewhere"
refute "a pin: none is made by exporting" test -e /sys/fs/bpf/elsewhere
contains "a number of this machine's" "$SAID" "its PAGE_SIZE are this machine's"
check "a pin: bpftool pins it by its name" bpftool prog loadall prints.o "$PINS/prints"
check "a pin: there" test -e "$PINS/kept"
rm -f "$PINS/kept"
unload prints
equal "whoever may not ask the kernel" "$(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
	"$SKBSCOPE" export --no-cache packet_count /tmp/nobody.$$.o 2>&1 | head -n 1 | cut -d : -f 2)" \
	" that 'packet_count' is passive takes this machine's kernel to say, which may not be asked"

# --- compiled here, run there

# There is no compiler: its place, and what it would need, are empty.
mkdir -p there/bin there/share
cp "$SKBSCOPE" there/bin/
THERE=$WORK/there/bin/skbscope
write protocols protocols.skb
equal "a .skb is written" "$STATUS" 0
refute "there is no compiler there" "$THERE" check "$SOURCE/programs/protocols.c" --no-cache
use far
IN=(nsenter --net=/run/netns/near --)
HERE_SCOPE=$SKBSCOPE SKBSCOPE=$THERE
start protocols.skb -i eth0 --interval "$(ms 20)"
contains "it is said that it was compiled" "$(<"$ERRORS")" "protocols: compiled elsewhere, attached to"
nsenter --net=/run/netns/far -- "$TOOLS/send" -i peer -k udp4 -n 123 >/dev/null
check "and it counts" within 5 eval '[ "$(last "[.verdicts[].packets] | add")" = 123 ]'
kill -HUP "$SCOPE"
check "there is nothing to compile anew" within 10 noticed
stop
equal "a normal end" "$STATUS" 0
SKBSCOPE=$HERE_SCOPE
IN=()
check "check takes it" "$THERE" check protocols.skb
contains "show has its comment" "$("$THERE" show protocols.skb)" "protocols"
bad_skb() { # SENTENCE STATUS WORDS ARGUMENTS…
	"$THERE" "${@:4}" >/dev/null 2>err
	equal "$1: exit status" "$?" "$2"
	contains "$1" "$(<err)" "$3"
}
bad_skb "no source to show" 2 "takes the program's source" show --source protocols.skb
bad_skb "no source to watch" 2 "takes the program's source" run protocols.skb -i lo --watch --once
bad_skb "no source for an object" 2 "takes the program's source" export protocols.skb again.o
bad_skb "nothing to define" 2 "is for compiling" run protocols.skb -i lo -D X --once
bad_skb "no such file" 1 "cannot open" check none.skb
head -c 900 protocols.skb >short.skb
bad_skb "a short one" 1 "bytes long and is 900" check short.skb
sed 's/protocols/protocosl/' protocols.skb >other.skb
bad_skb "a damaged one" 1 "its checksum is another" check other.skb
cp "$THERE" elf.skb
bad_skb "anything else" 1 "is no exported program" check elf.skb
write ./structs.c structs.skb
contains "structs: for this kernel" "$SAID" "for this kernel alone"
check "and there it is right" "$THERE" check structs.skb

# --- the document

use home
ip link add eth0 type veth peer name eth1
ip link set eth0 up
mkdir -p bin document
ln -sf "$SKBSCOPE" bin/skbscope
PATH=$WORK/bin:$PATH
cd document || exit
# The C program is the one that the third line compiles.
awk '/^```/ { on = $0 == "```c"; next } on' "$SOURCE/docs/export.md" >classic.bpf.c
if type clang >/dev/null 2>&1; then
	include=/usr/include/$(gcc -dumpmachine 2>/dev/null)
	export CPATH=$include
	refute "clang alone does not know BCC's dialect" \
		clang -O2 -g -target bpf -include linux/bpf.h -c "$SOURCE/programs/packet_count.c" -o none.o
else
	echo "skipped: there is no clang for the program beside ours"
fi
awk '/^```/ { on = $0 == "```sh"; next } on' "$SOURCE/docs/export.md" |
	while read -r line; do
		type clang >/dev/null 2>&1 || [[ $line != *classic* ]] || continue
		check "docs/export.md: $line" bash -c "$line" </dev/null
		echo "$PASSED $FAILED" >"$WORK/document.counts"
	done
read -r PASSED FAILED <"$WORK/document.counts"
cd "$WORK" || exit
check "the skeleton's loader is compiled" "${CC:-cc}" -Wall -Wextra -Idocument \
	-o loader "$HERE/export/loader.c" -lbpf
equal "and counts; the next filter decides" "$(./loader)" "23 -1"

finish
