/* SPDX-License-Identifier: Apache-2.0 */
/* Reading tables wherever they come from. */
#include "model/table_source.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "model/rates.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE

void table_source_close(struct table_source *source)
{
	if (source->close)
		source->close(source->context);
}

static const char *find_loss(const struct skbscope_table *table)
{
	if (table->full)
		return "map full";
	if (table->may_evict)
		return "rows may have been evicted";
	return table->complete ? NULL : "walk incomplete";
}

static int read_rows(const struct table_source *source, const struct skbscope_read_options *options,
		     struct snapshot *snapshot, size_t index, struct skbscope_error *error)
{
	const struct skbscope_schema *schema = &source->schema->public;
	AUTO(table_rows_clear)
	struct table_rows rows = {
		.key_size = schema->key_size,
		.value_stride = schema->value_size,
		.cpu_count = 1,
		.complete = true,
	};
	const char *loss = "cannot be read";
	int r = source->read ? source->read(source->context, options, &rows) : 0;

	if (r == -EINTR)
		return fail(error, r, STAGE, "reading the table '%s' was interrupted",
			    schema->table);
	if (r < 0 && r != -EOPNOTSUPP)
		return fail_errno(error, r, STAGE, "cannot read the table '%s'", schema->table);
	if (r == 0) {
		r = snapshot_take_rows(snapshot, index, &rows, options->per_cpu);
		if (r < 0)
			return fail_errno(error, r, STAGE, "cannot keep the rows of '%s'",
					  schema->table);
		loss = find_loss(&snapshot->public.tables[index]);
	}
	if (loss && snapshot_add_loss(snapshot, schema->table, loss, 0, false) < 0)
		return fail_memory(error, STAGE);
	r = source->tell ? source->tell(source->context, snapshot, index) : 0;
	return r < 0 ? fail_memory(error, STAGE) : 0;
}

int table_sources_read(const struct table_source *sources, size_t count,
		       const struct skbscope_read_options *options, const struct snapshot *before,
		       struct snapshot **out, struct skbscope_error *error)
{
	AUTO(snapshot_unrefp) struct snapshot *snapshot = NULL;
	int r = snapshot_new(sources, count, &snapshot);

	if (r < 0)
		return fail_memory(error, STAGE);
	snapshot->public.monotonic_ns = options->monotonic_ns;
	snapshot->public.wall_ns = options->wall_ns;
	for (size_t i = 0; i < count && r == 0; i++)
		r = read_rows(&sources[i], options, snapshot, i, error);
	if (r < 0)
		return r;
	if (before) {
		r = snapshot_set_rates(snapshot, &before->public);
		if (r < 0)
			return fail_errno(error, r, STAGE, "cannot compute rates");
	}
	*out = TAKE(snapshot);
	return 0;
}
