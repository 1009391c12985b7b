#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A libbcc that calls its own functions where we would answer in their place, as one
# linked with -Bsymbolic does: doctor says so, and it compiles all the same.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"

own_network || { echo "skipped: putting a file in another's place takes root"; exit 77; }
own_images

library=$(ldd "$BUILD/skbscope-compile" | awk '$1 ~ /^libbcc\.so/ { print $3 }')
[ -e "$library" ] || { echo "skipped: no shared libbcc"; exit 77; }

# The dynamic linker then looks into the library itself first. The entry that has to
# make room only says how many relocations are of the simplest kind.
make_symbolic() { # FROM TO
	python3 - "$@" <<-'PYTHON'
		import struct, sys
		DYNAMIC, SYMBOLIC, RELACOUNT = 2, 16, 0x6ffffff9
		with open(sys.argv[1], "rb") as file:
		    library = bytearray(file.read())
		headers, = struct.unpack_from("<Q", library, 32)
		count, = struct.unpack_from("<H", library, 56)
		done = False
		for at in range(headers, headers + 56 * count, 56):
		    kind, _, offset, _, _, size = struct.unpack_from("<IIQQQQ", library, at)
		    for entry in range(offset, offset + size, 16) if kind == DYNAMIC else ():
		        if struct.unpack_from("<Q", library, entry)[0] == RELACOUNT:
		            struct.pack_into("<QQ", library, entry, SYMBOLIC, 0)
		            done = True
		with open(sys.argv[2], "wb") as file:
		    file.write(library)
		sys.exit(not done)
	PYTHON
}

cat >"$WORK/reads.c" <<'PROGRAM'
int reads(struct __sk_buff *skb)
{
	u64 word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), (void *)23);
	return word ? 0 : -1;
}
PROGRAM

shortcuts() {
	"$SKBSCOPE" doctor -j | gojq -r '.[] | select(.name == "libbcc shortcuts") | "\(.present) \(.detail) \(.remedy)"'
}
counter() {
	"$SKBSCOPE" check -j --no-cache packet_count 2>/dev/null |
		gojq -c '[.functions[] | {function, instructions, verified}], .tables'
}

before=$(counter)
contains "the counter compiles" "$before" count_packets
contains "doctor says that libbcc asks us" "$(shortcuts)" "true libbcc asks the worker"
check "the program gets the helper it names" "$SKBSCOPE" check "$WORK/reads.c"

check "a libbcc can be made to keep its own" make_symbolic "$library" "$WORK/libbcc.so"
chmod 644 "$WORK/libbcc.so"
mount --bind "$WORK/libbcc.so" "$library" || failed "it takes the place of the other"
said=$(shortcuts)
contains "doctor says that this libbcc keeps its own scan" "$said" \
	"false libbcc reads /proc/kallsyms"
contains "and what that costs" "$said" "means the older helper"
contains "and what to do" "$said" "linked without -Bsymbolic"
equal "a program compiles to the same with it" "$(counter)" "$before"
refused "and nothing of the other is taken from the cache: here is the older helper" 4 \
	"bpf_probe_read#4" "$SKBSCOPE" check "$WORK/reads.c"
umount "$library"
contains "doctor asks each time" "$(shortcuts)" true

finish
