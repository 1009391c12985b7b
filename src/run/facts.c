/* SPDX-License-Identifier: Apache-2.0 */
/* By their words in the program's files: a comment that has one counts, too. */
#include "run/facts.h"

#include <string.h>

#include "base/text.h"

static bool has_word(const struct skbscope_source *source, const char *word)
{
	const size_t length = strlen(word);

	for (const char *at = source->text; (at = strstr(at, word)); at += length)
		if ((at == source->text || !text_is_word(at[-1])) && !text_is_word(at[length]))
			return true;
	return false;
}

static bool asks_for(const struct program *program, const char *word)
{
	bool found = has_word(program->source, word);

	for (size_t i = 0; i < program->with_count; i++)
		found |= has_word(program->with[i], word);
	return found;
}

void facts_find(const struct program *program, struct buffer *out)
{
	static const char *const words[] = {
		"HZ",        "CONFIG_HZ",  "NR_CPUS",   "CONFIG_NR_CPUS",
		"PAGE_SIZE", "PAGE_SHIFT", "PAGE_MASK", "LINUX_VERSION_CODE",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (asks_for(program, words[i]))
			buffer_printf(out, "%s%s", out->length ? ", " : "", words[i]);
}
