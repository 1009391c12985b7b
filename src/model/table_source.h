/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the rows of a table come from. A map of the kernel is one kind, rows put
 * together in user space another: a reading asks every source in turn and does not
 * know which is which.
 */
#ifndef MODEL_TABLE_SOURCE_H
#define MODEL_TABLE_SOURCE_H

#include <skbscope/session.h>

#include "model/schema.h"
#include "model/snapshot.h"
#include "model/table_rows.h"

struct table_source {
	const struct table_schema *schema; /* its set must live until the source is closed */
	/* The generation of the program since which these rows are counted: a table has
	 * rates if one of the same name and generation was in the reading before. */
	uint64_t since;
	/* NULL: of events, there are no rows. Fills *out, which is empty, complete, and made for
	 * one value of the schema a row. -EINTR once options->interrupt_fd can be read, -EOPNOTSUPP
	 * if there is no way to read them. */
	int (*read)(void *context, const struct skbscope_read_options *options,
		    struct table_rows *out);
	/* What else there is to say of it, once it was read: losses, counts of events. NULL:
	 * nothing. 0 or -ENOMEM. */
	int (*tell)(void *context, struct snapshot *snapshot, size_t index);
	void (*close)(void *context); /* NULL: nothing to do */
	void *context;
};

void table_source_close(struct table_source *source);

/* A snapshot of all sources at the time that options say, with rates against the one
 * before (NULL: none) and the losses that can be seen in the tables. */
int table_sources_read(const struct table_source *sources, size_t count,
		       const struct skbscope_read_options *options, const struct snapshot *before,
		       struct snapshot **out, struct skbscope_error *error);

#endif
