/* SPDX-License-Identifier: Apache-2.0 */
#include "run/view_offenders.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "run/written_file.h"

struct view_offenders {
	struct view view;
	const char *path;
	const struct book *book;
	size_t written; /* rows of it */
	bool begun;
};

static bool was_before(const struct book *book, size_t row, const char *client)
{
	const struct refused_value *value;

	for (size_t i = 0; i < row; i++)
		if (strcmp(book_refused_at(book, i, &value)->client, client) == 0)
			return true;
	return false;
}

/* Of one address all reasons: they are ours, and nothing in the line is a stranger's. */
static void put_client(const struct book *book, size_t row, const char *client, struct buffer *out)
{
	const char *between = " # ";

	buffer_string(out, client);
	for (size_t i = row; i < book_refused(book); i++) {
		const struct refused_value *value;
		const struct refused_key *key = book_refused_at(book, i, &value);

		if (strcmp(key->client, client) != 0)
			continue;
		buffer_printf(out, "%s%s: %" PRIu64, between, key->reason, value->calls);
		between = ", ";
	}
	buffer_string(out, "\n");
}

static int write_file(const char *path, const struct buffer *text, struct skbscope_error *error)
{
	AUTO(written_file_clear) struct written_file file = WRITTEN_FILE_INIT;
	int r = written_file_open(&file, path, error);

	if (r < 0)
		return r;
	r = write_all(file.fd, text->data, text->length);
	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_RENDER, "cannot write '%s'", path);
	return written_file_finish(&file, error);
}

static int show(struct view *base, const struct shown *shown, enum show how,
		struct skbscope_error *error)
{
	struct view_offenders *view = (struct view_offenders *)base;
	AUTO(buffer_free) struct buffer text = { 0 };
	const size_t count = book_refused(view->book);

	(void)shown;
	if (view->begun && count == view->written && how != SHOW_LAST)
		return 0;
	view->begun = true;
	view->written = count;
	for (size_t row = 0; row < count; row++) {
		const struct refused_value *value;
		const char *client = book_refused_at(view->book, row, &value)->client;

		if (!was_before(view->book, row, client))
			put_client(view->book, row, client, &text);
	}
	if (text.failed)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	return write_file(view->path, &text, error);
}

static void close_view(struct view *view)
{
	free(view);
}

int view_offenders_open(const char *path, const struct book *book, struct view **out,
			struct skbscope_error *error)
{
	struct view_offenders *view = calloc(1, sizeof(*view));

	if (!view)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	view->book = book;
	view->path = path;
	view->view = (struct view){ .show = show, .close = close_view };
	*out = &view->view;
	return 0;
}
