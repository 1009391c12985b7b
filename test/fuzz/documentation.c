/* SPDX-License-Identifier: Apache-2.0 */
/* A C text: its documentation is found inside it, and parsed or refused. */
#include "source/documentation.h"
#include "base/cleanup.h"
#include "fuzz.h"

static void parse(const char *comment)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct skbscope_documentation documentation;
	struct skbscope_error error = { 0 };

	PROMISE(arena);
	if (documentation_parse(comment, arena, &documentation, &error) < 0) {
		PROMISE(error.code < 0 && error.message[0]);
		return;
	}
	PROMISE(documentation.summary && documentation.text);
	PROMISE(!strchr(documentation.summary, '\n'));
	PROMISE(strlen(documentation.text) <= strlen(comment));
	for (size_t i = 0; i < documentation.tail_count; i++)
		PROMISE(documentation.tails[i].map[0] && documentation.tails[i].function[0]);
	for (size_t i = 0; i < documentation.parameter_count; i++)
		PROMISE(documentation.parameters[i].name[0] && documentation.parameters[i].text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(freep) char *text = fuzz_string(data, size), *comment = NULL;
	size_t length;
	const char *found = documentation_find(text, size, &length);

	PROMISE(length == 0 || (found >= text && found + length <= text + size));
	PROMISE(length == 0 || length >= 4);
	comment = fuzz_string((const uint8_t *)found, length);
	parse(comment);
	parse(text);
	return 0;
}
