/* SPDX-License-Identifier: Apache-2.0 */
/* The list of messages that point at lines of the user's program. */
#include <skbscope/diagnostics.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"

struct skbscope_diagnostics {
	struct arena *arena; /* of the entries' strings */
	struct skbscope_diagnostic *entries;
	size_t count;
	struct buffer log;
};

int skbscope_diagnostics_new(struct skbscope_diagnostics **out)
{
	struct skbscope_diagnostics *diagnostics = calloc(1, sizeof(*diagnostics));

	if (!diagnostics)
		return -ENOMEM;
	diagnostics->arena = arena_new();
	if (!diagnostics->arena) {
		free(diagnostics);
		return -ENOMEM;
	}
	*out = diagnostics;
	return 0;
}

void skbscope_diagnostics_free(struct skbscope_diagnostics *diagnostics)
{
	if (!diagnostics)
		return;
	arena_free(diagnostics->arena);
	free(diagnostics->entries);
	buffer_free(&diagnostics->log);
	free(diagnostics);
}

void skbscope_diagnostics_clear(struct skbscope_diagnostics *diagnostics)
{
	struct arena *fresh;

	if (!diagnostics)
		return;
	/* Without memory for a new arena the old strings stay until the end. */
	fresh = arena_new();
	if (fresh) {
		arena_free(diagnostics->arena);
		diagnostics->arena = fresh;
	}
	diagnostics->count = 0;
	buffer_clear(&diagnostics->log);
}

size_t skbscope_diagnostics_count(const struct skbscope_diagnostics *diagnostics)
{
	return diagnostics ? diagnostics->count : 0;
}

const struct skbscope_diagnostic *
skbscope_diagnostics_get(const struct skbscope_diagnostics *diagnostics, size_t index)
{
	return diagnostics && index < diagnostics->count ? &diagnostics->entries[index] : NULL;
}

const char *skbscope_diagnostics_log(const struct skbscope_diagnostics *diagnostics)
{
	return diagnostics ? buffer_text(&diagnostics->log) : "";
}

int skbscope_diagnostics_add(struct skbscope_diagnostics *diagnostics,
			     const struct skbscope_diagnostic *diagnostic)
{
	struct skbscope_diagnostic *entries, *entry;
	struct arena *arena;

	if (!diagnostics)
		return 0;
	arena = diagnostics->arena;
	entries = reallocarray(diagnostics->entries, diagnostics->count + 1, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	diagnostics->entries = entries;
	entry = &entries[diagnostics->count];
	*entry = *diagnostic;
	entry->file = arena_string(arena, diagnostic->file);
	entry->message = arena_string(arena, diagnostic->message ? diagnostic->message : "");
	entry->source = arena_string(arena, diagnostic->source);
	entry->hint = arena_string(arena, diagnostic->hint);
	entry->rule = arena_string(arena, diagnostic->rule);
	if (arena_failed(arena))
		return -ENOMEM;
	diagnostics->count++;
	return 0;
}

int skbscope_diagnostics_set_log(struct skbscope_diagnostics *diagnostics, const char *log,
				 size_t length)
{
	if (!diagnostics)
		return 0;
	buffer_clear(&diagnostics->log);
	buffer_append(&diagnostics->log, log, length);
	return diagnostics->log.failed ? -ENOMEM : 0;
}
