/* SPDX-License-Identifier: Apache-2.0 */
/* Filling the tables of a session, and what is said where the kernel refuses it. */
#include <errno.h>

#include "base/error.h"
#include "image/image.h"
#include "kernel/map_write.h"
#include "kernel/session.h"

#define STAGE SKBSCOPE_STAGE_LOAD

static int refused(int r, const struct skbscope_schema *schema, size_t left,
		   struct skbscope_error *error)
{
	/* An LPM table's word for it is ENOSPC. */
	if (r == -E2BIG || r == -ENOSPC)
		r = fail(error, r, STAGE, "the table '%s' has no room for another row: it has %u",
			 schema->table, schema->max_entries);
	else
		r = fail_errno(error, r, STAGE, "cannot write a row of the table '%s'",
			       schema->table);
	if (left)
		return hint(error, r, "%zu rows that were written before could not be taken back",
			    left);
	return r;
}

int session_write(struct skbscope_session *session, const char *table,
		  const struct wanted_change *changes, size_t count, size_t *failed,
		  struct skbscope_error *error)
{
	const int index = image_find_map(session->image, table);
	struct map_target target = { .cpus = possible_cpus() };
	size_t left;
	int r;

	*failed = 0;
	if (index < 0)
		return fail(error, ENOENT, STAGE, "there is no table '%s'", table);
	target.fd = session->maps.maps[index];
	target.schema = schema_set_get(session->schemas, (size_t)index);
	r = map_write(&target, changes, count, failed, &left);
	return r < 0 ? refused(r, target.schema, left, error) : 0;
}
