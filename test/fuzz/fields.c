/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text from packets as a field of CSV, as a label and as a help text of metrics: read back it is
 * what may be shown of it, and nothing in it ends the field or the line.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "model/help.h"
#include "render/csv.h"
#include "render/metric_name.h"

/* A quote in a quoted field is two of them. */
static void read_field(const char *field, size_t length, struct buffer *out)
{
	const bool quoted = length && field[0] == '"';

	PROMISE(!quoted || (length >= 2 && field[length - 1] == '"'));
	for (size_t i = quoted; i < length - quoted; i++) {
		PROMISE(quoted || (field[i] != ',' && field[i] != '"' && field[i] != '\n'));
		if (quoted && field[i] == '"') {
			PROMISE(i + 1 < length - 1 && field[i + 1] == '"');
			i++;
		}
		buffer_append(out, &field[i], 1);
	}
}

static void read_escaped(const char *text, size_t length, bool quotes, struct buffer *out)
{
	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		PROMISE(c != '\n' && (c != '"' || !quotes));
		if (c == '\\') {
			PROMISE(++i < length);
			PROMISE(text[i] == '\\' || text[i] == 'n' || (quotes && text[i] == '"'));
			c = text[i] == 'n' ? '\n' : text[i];
		}
		buffer_append(out, &c, 1);
	}
}

static void is_same(const struct buffer *a, const struct buffer *b)
{
	PROMISE(a->length == b->length && memcmp(buffer_text(a), buffer_text(b), a->length) == 0);
}

static void try_csv(const char *text, size_t size, const struct buffer *shown)
{
	AUTO(buffer_free) struct buffer field = { 0 }, back = { 0 };

	csv_text(&field, text, size);
	read_field(buffer_text(&field), field.length, &back);
	is_same(&back, shown);
	csv_text(&field, "x", 1);
	PROMISE(field.length && strcmp(buffer_text(&field) + field.length - 2, ",x") == 0);
}

static void try_label(const char *text, size_t size, const struct buffer *shown)
{
	AUTO(buffer_free) struct buffer label = { 0 }, back = { 0 };

	metric_label("a", text, size, &label);
	PROMISE(label.length >= 4 && strncmp(label.data, "a=\"", 3) == 0 &&
		label.data[label.length - 1] == '"');
	read_escaped(label.data + 3, label.length - 4, true, &back);
	is_same(&back, shown);
}

/* A name is one whatever it is made of; a manual may be any text. */
static void try_text(const char *text)
{
	AUTO(buffer_free) struct buffer help = { 0 }, back = { 0 }, name = { 0 };
	AUTO(arena_freep) struct arena *arena = arena_new();

	metric_help(text, false, &help);
	read_escaped(buffer_text(&help), help.length, false, &back);
	PROMISE(strcmp(buffer_text(&back), text) == 0);
	metric_name_part(text, &name);
	PROMISE(strspn(buffer_text(&name), "abcdefghijklmnopqrstuvwxyz0123456789_") == name.length);
	PROMISE(!strstr(buffer_text(&name), "__") && buffer_text(&name)[0] != '_');
	help_find(text, "peers", NULL, arena);
	help_find(text, "peers", "resent", arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(freep) char *text = malloc(size + 1);
	AUTO(buffer_free) struct buffer shown = { 0 };

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	utf8_printable(text, size, &shown);
	try_csv(text, size, &shown);
	try_label(text, size, &shown);
	try_text(text);
	return 0;
}
