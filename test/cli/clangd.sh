#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# check --clangd: a real clangd, spoken to as an editor does, has nothing against any bundled
# program, knows what tables can do, and finds the mistakes that there are.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"
command -v clangd >/dev/null || { echo "skipped: there is no clangd"; exit 77; }
HERE=$SOURCE/test/cli/clangd
# No cache but our own; no more privilege than an editor has is needed.
export XDG_CACHE_HOME=$WORK/cache HOME=$WORK
cd "$WORK" || exit
mkdir -p mine/below
cp "$SOURCE"/programs/*.c "$HERE/dialect.c" mine
cp -r "$SOURCE/programs/http" mine
cp "$SOURCE/programs/packet_count.c" mine/below

"$SKBSCOPE" check --clangd mine 2>said
equal "--clangd needs no program" $? 0 || cat said
contains "and says what it did" "$(<said)" "clangd understands the programs in 'mine'"
lsp() { (cd mine && timeout $((120 * SLOWNESS)) python3 "$HERE/lsp.py" "$@" 2>&1); }
mapfile -t programs < <(cd mine && printf '%s\n' *.c ./*/*.c)
check "all bundled programs are there" [ "${#programs[@]}" -gt 15 ]
mapfile -t answers < <(printf '%s\n' \
	"complete dialect.c value = packet_count." "complete dialect.c perf.perf" "complete dialect.c ring.r" \
	"complete dialect.c histogram." "hover dialect.c value = packet_count" \
	"hover dialect.c value = packet_count.lookup_or_try_init" "complete dialect.c skb->" |
	lsp "${programs[@]}")
equal "nothing is wrong with any of them" "$(printf '%s\n' "${answers[@]}" | grep -E '^[^ ]+:[0-9]+: (error|warning): ')" ""
answers=("${answers[@]: -7}")
for method in lookup lookup_or_try_init update insert delete increment atomic_increment; do
	contains "behind a table: $method" " ${answers[0]} " " $method "
done
equal "behind a perf buffer" "${answers[1]}" "perf_submit perf_submit_skb"
equal "behind a ring buffer" "${answers[2]}" "ringbuf_discard ringbuf_output ringbuf_reserve ringbuf_submit"
contains "behind a histogram" " ${answers[3]} " " atomic_increment "
contains "on a table: what it is" "${answers[4]}" "packet_count_table_t"
contains "on its method: what that takes" "${answers[5]}" "u64 *(*)(u32 *, u64 *)"
for field in len protocol data data_end vlan_tci hash; do
	contains "behind skb->: $field" " ${answers[6]} " " $field "
done

# --- what is wrong is found, at its place

sed 's/packet_count\.lookup/packet_count.lokup/' "$SOURCE/programs/packet_count.c" >mine/wrong.c
line=$(grep -n lokup mine/wrong.c | cut -d: -f1)
contains "a misspelt method" "$(lsp wrong.c </dev/null)" "wrong.c:$line: error: No member named 'lokup'"

cat >mine/sock.c <<'END'
#include <net/sock.h>
int f(struct __sk_buff *skb)
{
	struct sock *sk = (void *)(long)skb->len;
#if PORT != 53
#error the macro is missing
#endif
	u16 family = 0;
	bpf_probe_read_kernel(&family, sizeof(family), &sk->__sk_common.skc_family);
	return family;
}
END
found=$(lsp sock.c </dev/null)
contains "a macro of the command line, without it" "$found" "he macro is missing"
contains "the kernel's own structs, without them" "$found" "sock.c:9: error"
if [ -r /sys/kernel/btf/vmlinux ]; then
	"$SKBSCOPE" check -D PORT=53 --clangd mine mine/sock.c >said 2>&1
	equal "with a program that has both: exit status" $? 0 || cat said
	equal "with a program that has both" "$(lsp sock.c </dev/null)" ""
fi
equal "nothing is left but what is meant to be" "$(find mine -name '.*' -type f; ls -A mine | grep -v '\.c$')" \
	".skbscope
below
compile_flags.txt
http"
# Directories of a tree may be missing, files that all programs begin with may not.
awk 'before == "-include"; { before = $0 }' mine/compile_flags.txt >begin
check "programs begin with libbcc's headers" grep -q "^$WORK/mine/.skbscope/include/bcc/helpers.h$" begin
check "all that they begin with is there" xargs -d '\n' ls -- <begin

# --- bad input

refused "no such directory" 1 "cannot find the directory 'nowhere'" "$SKBSCOPE" check --clangd nowhere
refused "a file" 1 "cannot open the directory 'said'" "$SKBSCOPE" check --clangd said
mkdir theirs data linked
echo -DTHEIRS >theirs/compile_flags.txt
refused "somebody else's flags" 1 "'theirs/compile_flags.txt' is not skbscope's" "$SKBSCOPE" check --clangd theirs
equal "which stay as they are" "$(<theirs/compile_flags.txt)" -DTHEIRS
echo '[]' >data/compile_commands.json
refused "a project's database" 1 "and clangd goes by that" "$SKBSCOPE" check --clangd data
mkdir target
ln -s ../target linked/.skbscope
refused "a link in the way" 1 "cannot make the directory 'linked/.skbscope'" "$SKBSCOPE" check --clangd linked
equal "is not followed" "$(ls -A target)" ""
refused "a misspelt macro" 2 "is not a name in C" "$SKBSCOPE" check --clangd target -D 1=2
refused "headers that are none" 2 "--headers takes" "$SKBSCOPE" check --clangd mine --headers nix
finish
