/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages are matched by words that have been stable over many LLVM and bcc
 * versions; the first match wins, so the narrower ones stand first.
 */
#include "compile/hints.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *words;
	const char *hint;
} hints[] = {
	{ "", NULL },
};

const char *hint_for_message(const char *message)
{
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (hints[i].words[0] && strstr(message, hints[i].words))
			return hints[i].hint;
	return NULL;
}
