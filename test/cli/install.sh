#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An installation under any prefix works, also after it was moved, and a stranger
# can build against the library with nothing but pkg-config.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"

[ -x "$BUILD/skbscope-compile" ] && [ -x "$BUILD/skbscope-serve" ] && [ -x "$BUILD/skbscope-http" ] || { echo "skipped: only part of the tree is built"; exit 77; }

own_network && own_images # for a cache of its own

# Away from the build folder, where the source tree is used instead.
prefix=$WORK/prefix
check "cmake --install works" cmake --install "$BUILD" --prefix "$prefix"
equal "the bundled programs are listed from the prefix" \
	"$("$prefix/bin/skbscope" list -j | gojq -r '.[] | select(.name == "packet_count").path')" \
	"$prefix/share/skbscope/programs/packet_count.c"
check "a program compiles with the installed worker and headers" \
	"$prefix/bin/skbscope" check packet_count

moved=$WORK/somewhere/else
mkdir -p "$WORK/somewhere"
mv "$prefix" "$moved"
check "an installation that was moved compiles" "$moved/bin/skbscope" check packet_count
equal "its programs moved with it" \
	"$("$moved/bin/skbscope" list -j | gojq -r '.[] | select(.name == "packet_count").path')" \
	"$moved/share/skbscope/programs/packet_count.c"
equal "so did the labs" "$("$moved/bin/skbscope" lab list -j | gojq -r '.[0].path')" \
	"$moved/share/skbscope/labs/01-count-packets"
output=$(cd "$WORK" && PATH=$moved/bin:$PATH skbscope check packet_count 2>&1)
contains "found through PATH it works the same" "$output" "count_packets"

cat >"$WORK/embed.c" <<'END'
#include <skbscope/skbscope.h>
#include <stdio.h>
/* Names of our insides are the embedder's to use. */
int fail(void) { return 0; }
int main(void)
{
	const char text[] = "BPF_HASH(t, u32, u64);\nint f(struct __sk_buff *skb) { return 0; }\n";
	struct skbscope_error error = { 0 };
	struct skbscope_source *source = NULL;
	struct skbscope_image *image = NULL;

	if (skbscope_source_from_text("t.c", text, sizeof(text) - 1, &source, &error) < 0 ||
	    skbscope_compile(source, NULL, &image, NULL, NULL, &error) < 0)
		return fprintf(stderr, "%s\n", error.message), 1;
	printf("%s %s\n", image->programs[0].name, image->maps[0].name);
	skbscope_image_free(image);
	skbscope_source_free(source);
	return fail();
}
END
pc=$(find "$moved" -name skbscope.pc)
lib=$(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --variable=libdir skbscope)
if nm -D "$lib/libskbscope.so" | grep -q __asan; then
	flags="-fsanitize=address,undefined"
fi
# shellcheck disable=SC2046,SC2086
check "a stranger's program builds with pkg-config alone" \
	"${CC:-cc}" -Wall -Werror -o "$WORK/embed" "$WORK/embed.c" ${flags:-} \
	$(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --cflags --libs skbscope)
equal "and compiles BPF through the library, from wherever it is" \
	"$(LD_LIBRARY_PATH=$lib "$WORK/embed" 2>&1)" "f t"
equal "the library exports its API and nothing else" \
	"$(nm -D --defined-only "$lib/libskbscope.so" | awk '{ print $3 }' | grep -vE '^(skbscope_|SKBSCOPE_[0-9])')" ""
equal "only the page's process links a server" \
	"$(ldd "$moved/bin/skbscope" "$lib/libskbscope.so" | grep -iE 'microhttpd|seccomp')" ""
equal "the host program does not link LLVM" \
	"$(ldd "$moved/bin/skbscope" "$lib/libskbscope.so" | grep -iE 'llvm|clang|libbcc\.')" ""
# Where there is the archive, nor what is in the package of the library with LLVM behind it.
if grep -q '^BCC_BPF_LIBRARY:.*\.a$' "$BUILD/CMakeCache.txt"; then
	equal "nor anything of libbcc's package" \
		"$(ldd "$moved/bin/skbscope" "$lib/libskbscope.so" | grep libbcc)" ""
fi
contains "the unit starts what was installed" "$(<"$moved/lib/systemd/system/skbscope@.service")" \
	"ExecStart=$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$BUILD/CMakeCache.txt")/bin/skbscope run %i"
if type scdoc >/dev/null 2>&1 && [ -e "$BUILD/docs/skbscope.8" ]; then
	for name in $("$moved/bin/skbscope" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
		check "skbscope $name has a page" grep -q "skbscope-$name" "$moved/share/man/man8/skbscope-$name.8"
	done
	check "the library has a page" test -s "$moved/share/man/man3/libskbscope.3"
fi
for file in bin/skbscope libexec/skbscope/skbscope-compile libexec/skbscope/skbscope-serve libexec/skbscope/skbscope-http include/skbscope/skbscope.h; do
	check "$file is installed" test -e "$moved/$file"
done

finish
