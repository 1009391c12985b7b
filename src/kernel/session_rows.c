/* SPDX-License-Identifier: Apache-2.0 */
/* Out of turn: a reading of some tables, of all their rows or of those that have these keys. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "image/image.h"
#include "kernel/session.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE

struct asked {
	const struct session_rows *rows;
	struct map_reader *reader;
	const struct table_source *added; /* it is no map of the image */
};

static bool has_key(const struct session_rows *rows, const uint8_t *key, size_t size)
{
	for (size_t i = 0; i < rows->key_count; i++)
		if (memcmp(rows->keys + i * size, key, size) == 0)
			return true;
	return false;
}

/* A lookup in an LPM table finds the network around an address, not the key. */
static int pick(const struct session_rows *wanted, struct map_reader *reader, uint64_t max_rows,
		struct table_rows *out)
{
	AUTO(table_rows_clear) struct table_rows all = { 0 };
	int r = map_read(reader, max_rows, &all);

	for (size_t i = 0; r == 0 && i < all.count; i++)
		if (has_key(wanted, table_rows_key(&all, i), reader->key_size))
			r = table_rows_append(out, table_rows_key(&all, i),
					      table_rows_value(&all, i));
	return r;
}

static int look_up(const struct session_rows *wanted, struct map_reader *reader,
		   struct table_rows *out)
{
	AUTO(freep) uint8_t *value = calloc(1, (size_t)reader->value_stride + 1);
	int r = value ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < wanted->key_count; i++) {
		const uint8_t *key = wanted->keys + i * reader->key_size;

		if (bpf_map_lookup_elem(reader->fd, key, value) == 0)
			r = table_rows_append(out, key, value);
		else if (errno != ENOENT)
			r = -errno;
	}
	return r;
}

static int read_rows(void *context, const struct skbscope_read_options *options,
		     struct table_rows *out)
{
	const struct asked *asked = context;
	struct map_reader *reader = asked->reader;
	int r;

	out->value_stride = reader->value_stride;
	out->cpu_count = reader->cpu_count;
	reader->interrupt_fd = options->interrupt_fd;
	if (!asked->rows->keys)
		r = map_read(reader, options->max_rows, out);
	else if (reader->type == BPF_MAP_TYPE_LPM_TRIE)
		r = pick(asked->rows, reader, UINT32_MAX, out);
	else
		r = look_up(asked->rows, reader, out);
	reader->interrupt_fd = -1;
	return r;
}

static int read_added(void *context, const struct skbscope_read_options *options,
		      struct table_rows *out)
{
	const struct asked *asked = context;
	const struct table_source *added = asked->added;
	AUTO(table_rows_clear) struct table_rows all = *out;
	int r = added->read(added->context, options, &all);

	out->value_stride = all.value_stride;
	for (size_t i = 0; r == 0 && i < all.count; i++)
		if (!asked->rows->keys ||
		    has_key(asked->rows, table_rows_key(&all, i), all.key_size))
			r = table_rows_append(out, table_rows_key(&all, i),
					      table_rows_value(&all, i));
	return r;
}

static int ask_added(struct skbscope_session *session, const struct session_rows *rows,
		     struct asked *asked, struct table_source *source, struct skbscope_error *error)
{
	const struct table_source *added = session_table(session, rows->table);

	if (!added || !added->schema->public.readable)
		return fail(error, ENOENT, STAGE, "there is no table '%s'", rows->table);
	*asked = (struct asked){ rows, NULL, added };
	*source = (struct table_source){
		.schema = added->schema, .since = added->since, .read = read_added, .context = asked
	};
	return 0;
}

static int ask(struct skbscope_session *session, const struct session_rows *rows,
	       struct asked *asked, struct table_source *source, struct skbscope_error *error)
{
	const int index = image_find_map(session->image, rows->table);

	if (index < 0)
		return ask_added(session, rows, asked, source, error);
	*asked = (struct asked){ rows, &session->readers[index], NULL };
	*source = session->tables[index];
	if (source->schema->public.readable)
		source->read = read_rows;
	source->close = NULL;
	source->context = asked;
	return 0;
}

int session_read_rows(struct skbscope_session *session, const struct session_rows *rows,
		      size_t count, const struct skbscope_read_options *options,
		      struct skbscope_snapshot **out, struct skbscope_error *error)
{
	AUTO(snapshot_unrefp) struct snapshot *snapshot = NULL;
	AUTO(freep) struct table_source *sources = calloc(count + 1, sizeof(*sources));
	AUTO(freep) struct asked *asked = calloc(count + 1, sizeof(*asked));
	int r = 0;

	if (!sources || !asked)
		return fail_memory(error, STAGE);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = ask(session, &rows[i], &asked[i], &sources[i], error);
	if (r == 0)
		r = table_sources_read(sources, count, options, NULL, &snapshot, error);
	if (r == 0)
		r = session_describe(session, snapshot, error);
	if (r < 0)
		return r;
	snapshot->public.stale = arena_string(snapshot->arena, options->stale);
	if (arena_failed(snapshot->arena))
		return fail_memory(error, STAGE);
	/* There may be others. */
	for (size_t i = 0; i < count; i++)
		if (rows[i].keys)
			((struct skbscope_table *)&snapshot->public.tables[i])->complete = false;
	*out = &TAKE(snapshot)->public;
	return 0;
}
