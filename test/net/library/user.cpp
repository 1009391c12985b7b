// SPDX-License-Identifier: Apache-2.0
// A user in C++: every header by itself and all together, without a warning.
#include <skbscope/compile.h>
#include <skbscope/diagnostics.h>
#include <skbscope/difference.h>
#include <skbscope/error.h>
#include <skbscope/events.h>
#include <skbscope/filter.h>
#include <skbscope/image.h>
#include <skbscope/render.h>
#include <skbscope/replay.h>
#include <skbscope/session.h>
#include <skbscope/skbscope.h>
#include <skbscope/snapshot.h>
#include <skbscope/source.h>
#include <skbscope/swap.h>

#include <cstdio>
#include <memory>
#include <string>

int main()
{
	const std::string text = "BPF_HASH(t, u32, u64);\n"
				 "int f(struct __sk_buff *skb) { return 0; }\n";
	skbscope_error error = {};
	skbscope_source *source = nullptr;
	skbscope_image *image = nullptr;

	if (skbscope_source_from_text("t.c", text.data(), text.size(), &source, &error) < 0)
		return 1;
	std::unique_ptr<skbscope_source, decltype(&skbscope_source_free)> owned(
		source, skbscope_source_free);
	if (skbscope_compile(source, nullptr, &image, nullptr, nullptr, &error) < 0) {
		std::fprintf(stderr, "%s\n", error.message);
		return 1;
	}
	std::unique_ptr<skbscope_image, decltype(&skbscope_image_free)> held(image,
									     skbscope_image_free);
	std::printf("%s %s\n", image->programs[0].name, image->maps[0].name);
	return 0;
}
