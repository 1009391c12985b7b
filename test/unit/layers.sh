#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The tree is the architecture: a file includes only from its own layer and from
# those above it; the library never prints; only the worker knows libbcc's
# compiler.
source "$(dirname "$0")/../assert.sh"
cd "$(dirname "$0")/../.." || exit 1

# A layer, and what it may include beside itself. The worker and the command line are
# two programs: neither knows the other.
layers="base:
streams: base
source: base
image: base source
model: base
calls: base model
events: base image model
compile: base image
kernel: base image model events
capture: base
packet: base model
expect: base model packet
render: base model
screen: base model render
sandbox: base
worker: base image compile sandbox
outside: base sandbox streams calls
run: base streams source image model calls compile kernel capture packet expect render screen outside
cli: base source image model calls compile kernel capture packet expect render screen run"

while IFS=: read -r layer above; do
	equal "src/$layer includes only:${above:- nothing else}" \
		"$(grep -rnE '^#include "[a-z_]+/' --include='*.[ch]' "src/$layer" |
			grep -vE "\"($layer${above// /|})/")" ""
done <<<"$layers"

equal "every folder is a layer" "$(find src -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort)" \
	"$(cut -d: -f1 <<<"$layers" | sort)"
equal "a run knows of the page's process what they tell each other, and no more" \
	"$(grep -rhE '^#include "outside/' src/run | sort -u)" '#include "outside/protocol.h"'
equal "only what has no privilege reads HTTP, or knows of system call filters" \
	"$(grep -rlE '<(microhttpd|seccomp)\.h>' src | grep -vE '^src/(outside|worker|sandbox)/')" ""
equal "public headers include only public headers" "$(grep -rn '^#include "' include)" ""
prints='\b(printf|puts|putchar|perror)\(|\bstd(out|err)\b'
equal "the library never prints" "$(grep -rnE "$prints" --include='*.c' \
	src/{base,streams,source,image,model,calls,events,compile,kernel,capture,packet,expect,render,screen,sandbox} |
	sed 's@/\*.*@@; /^[^:]*:[0-9]*: \*/d' | grep -E ":.*($prints)")" ""
equal "only the worker knows libbcc's compiler" \
	"$(grep -rlE 'bcc/(bcc_common|bpf_module)\.h' src | grep -v '^src/worker/')" ""
equal "every file opens with its licence" \
	"$(grep -rL 'SPDX-License-Identifier' --include='*.[ch]' --include=CMakeLists.txt \
		--include='*.cmake' --include='*.sh' src include test cmake programs)" ""

finish
