/* SPDX-License-Identifier: Apache-2.0 */
/* The list of messages that point at lines of the user's program, and its print. */
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
	return buffer_append(&diagnostics->log, log, length);
}

struct palette {
	const char *place, *note, *warning, *error, *caret, *hint, *end;
};

static const struct palette plain = { "", "", "", "", "", "", "" };
static const struct palette colours = {
	.place = "\033[1m",
	.note = "\033[1;36m",
	.warning = "\033[1;35m",
	.error = "\033[1;31m",
	.caret = "\033[1;32m",
	.hint = "\033[1;36m",
	.end = "\033[0m",
};

/* The text of a hostile source must not reach a terminal's control sequences. */
static void print_text(const char *text, FILE *stream)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '\t' || (c >= 0x20 && c != 0x7f))
			putc(c, stream);
		else
			putc('?', stream);
	}
}

static void print_place(const struct skbscope_diagnostic *entry, const struct palette *palette,
			FILE *stream)
{
	if (!entry->file)
		return;
	fputs(palette->place, stream);
	print_text(entry->file, stream);
	if (entry->line)
		fprintf(stream, ":%u", entry->line);
	if (entry->line && entry->column)
		fprintf(stream, ":%u", entry->column);
	fprintf(stream, ":%s ", palette->end);
}

/* Under the column; tabs are repeated so that the two lines stay together. */
static void print_caret(const struct skbscope_diagnostic *entry, const struct palette *palette,
			FILE *stream)
{
	if (!entry->column || entry->column > strlen(entry->source) + 1)
		return;
	fputs("      | ", stream);
	for (uint32_t i = 0; i + 1 < entry->column; i++) {
		unsigned char c = (unsigned char)entry->source[i];

		/* One column for each character, not for each byte of UTF-8. */
		if ((c & 0xc0) != 0x80)
			putc(c == '\t' ? '\t' : ' ', stream);
	}
	fprintf(stream, "%s^%s\n", palette->caret, palette->end);
}

static void print_entry(const struct skbscope_diagnostic *entry, const struct palette *palette,
			FILE *stream)
{
	static const char *const names[] = { "note", "warning", "error" };
	const char *const tints[] = { palette->note, palette->warning, palette->error };
	unsigned int severity = (unsigned int)entry->severity < 3 ? entry->severity : 2;

	print_place(entry, palette, stream);
	fprintf(stream, "%s%s:%s ", tints[severity], names[severity], palette->end);
	print_text(entry->message, stream);
	putc('\n', stream);
	if (entry->source) {
		fprintf(stream, "%5u | ", entry->line);
		print_text(entry->source, stream);
		putc('\n', stream);
		print_caret(entry, palette, stream);
	}
	if (entry->hint && *entry->hint) {
		fprintf(stream, "      %shint:%s ", palette->hint, palette->end);
		print_text(entry->hint, stream);
		putc('\n', stream);
	}
}

int skbscope_diagnostics_print(const struct skbscope_diagnostics *diagnostics, int colour,
			       FILE *stream)
{
	for (size_t i = 0; i < skbscope_diagnostics_count(diagnostics); i++)
		print_entry(&diagnostics->entries[i], colour ? &colours : &plain, stream);
	return ferror(stream) ? -EIO : 0;
}
