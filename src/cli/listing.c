/* SPDX-License-Identifier: Apache-2.0 */
/* Aligned columns of text, by libsmartcols. */
#include "cli/listing.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 16

struct listing {
	struct libscols_table *table;
	size_t columns;
	bool failed;
};

struct listing *listing_new(const char *const *heads, bool show_heads)
{
	struct listing *listing = calloc(1, sizeof(*listing));

	if (!listing)
		return NULL;
	listing->table = scols_new_table();
	if (!listing->table) {
		free(listing);
		return NULL;
	}
	scols_table_enable_noheadings(listing->table, !show_heads);
	scols_table_set_column_separator(listing->table, "  ");
	/* Nothing is ever cut: a listing is read by eye and by scripts alike. */
	scols_table_set_termforce(listing->table, SCOLS_TERMFORCE_NEVER);
	for (; heads[listing->columns] && listing->columns < COLUMNS_MAX; listing->columns++) {
		const char *head = heads[listing->columns];
		int flags = head[0] == '>' ? SCOLS_FL_RIGHT : 0;

		if (!scols_table_new_column(listing->table, head + (flags ? 1 : 0), 0, flags))
			listing->failed = true;
	}
	return listing;
}

void listing_row(struct listing *listing, const char *const *cells)
{
	struct libscols_line *line;

	if (!listing)
		return;
	line = scols_table_new_line(listing->table, NULL);
	if (!line) {
		listing->failed = true;
		return;
	}
	for (size_t i = 0; i < listing->columns; i++)
		if (scols_line_set_data(line, i, cells[i] ? cells[i] : "") < 0)
			listing->failed = true;
}

bool listing_is_empty(const struct listing *listing)
{
	return !listing || scols_table_get_nlines(listing->table) == 0;
}

/* libsmartcols pads the last column; trailing blanks only make copies ragged. */
static int print_trimmed(const char *text, FILE *stream)
{
	while (*text) {
		size_t line = strcspn(text, "\n"), end = line;

		while (end && text[end - 1] == ' ')
			end--;
		fprintf(stream, "  %.*s\n", (int)end, text);
		text += line + (text[line] == '\n');
	}
	return ferror(stream) ? -EIO : 0;
}

int listing_end(struct listing *listing, FILE *stream)
{
	char *text = NULL;
	int r = -ENOMEM;

	if (!listing)
		return r;
	if (!listing->failed)
		r = listing_is_empty(listing) ? 0
					      : scols_print_table_to_string(listing->table, &text);
	if (r == 0 && text)
		r = print_trimmed(text, stream);
	free(text);
	scols_unref_table(listing->table);
	free(listing);
	return r;
}
