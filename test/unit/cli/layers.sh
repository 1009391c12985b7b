#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The tree is the architecture: a file includes only from its own layer and from
# those above it; the library never prints; only the worker knows libbcc's
# compiler.
# shellcheck source=test/unit/cli/lib.sh
source "$(dirname "$0")/lib.sh"
cd "$SOURCE" || exit 1

# A layer, then what it may include. worker and cli are the two ends: neither
# knows the other.
allowed="base: base
source: base source
image: base source image
model: base model
compile: base image compile
kernel: base image model kernel
render: base model render
worker: base image compile worker
run: base source image model compile kernel render run
cli: base source image model compile kernel render run cli"

while IFS=': ' read -r layer above; do
	wrong=$(grep -rnoE '^#include "[a-z]+/' --include='*.[ch]' "src/$layer" |
		while IFS='"' read -r where path; do
			case " $above " in
			*" ${path%/} "*) ;;
			*) echo "$where\"$path…\"" ;;
			esac
		done)
	equal "src/$layer includes only: $above" "$wrong" ""
done <<<"$allowed"

equal "every layer is in the list" "$(find src -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort)" \
	"$(cut -d: -f1 <<<"$allowed" | sort)"
equal "public headers include only public headers" \
	"$(grep -rn '^#include "' include)" ""
prints=$(find src/base src/source src/image src/model src/compile src/kernel src/render -name '*.c' |
	while read -r file; do
		sed 's@/\*.*@@; s@^ \*.*@@' "$file" |
			grep -nE '\b(printf|puts|putchar|perror)\(|\bstd(out|err)\b' | sed "s@^@$file:@"
	done)
equal "the library never prints" "$prints" ""
equal "only the worker knows libbcc's compiler" \
	"$(grep -rlE 'bcc/(bcc_common|bpf_module)\.h' src | grep -v '^src/worker/')" ""
equal "every file opens with its licence" \
	"$(grep -rL 'SPDX-License-Identifier' --include='*.[ch]' --include=CMakeLists.txt \
		--include='*.cmake' --include='*.sh' src include test cmake programs)" ""
long=$(find src -name '*.[ch]' -exec wc -l {} + | awk '$2 != "total" && $1 > 600 { print $2 ": " $1 }')
equal "no file is longer than 600 lines" "$long" ""

finish
