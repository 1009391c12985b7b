/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What --set puts into tables: the texts and the files they name, read as a whole before
 * anything is attached, and again for each version of the program.
 */
#ifndef RUN_FILL_H
#define RUN_FILL_H

#include <skbscope/swap.h>

#include "model/schema.h"
#include "model/wanted.h"
#include "run/settings.h"

/* The rows for one image, by its maps; those that nothing is said of have no schema. */
struct filling {
	struct schema_set *schemas;
	struct wanted *tables;
	size_t count;
};
void filling_free(struct filling *filling);   /* accepts NULL */
void filling_freep(struct filling **filling); /* for AUTO() */

/* What was said since the start, and counts over all texts (fill_later.h). Of one row there is
 * only what still matters. */
struct fill_said {
	enum fill_kind { FILL_SET, FILL_DELETE, FILL_CLEAR } kind;
	char *text; /* TABLE[KEY]=VALUE, TABLE[KEY], TABLE */
};
struct fill_later {
	struct fill_said *items;
	size_t count;
};

struct fill {
	const struct list *texts; /* --set, in their order */
	const char *netns;        /* in which interfaces have their names; NULL: here */
	struct fill_file *files;  /* one a text; of most there is none */
	struct filling *now;      /* in the tables of the program that runs; NULL: none yet */
	struct fill_later later;
};

/* One file, as it was when it was last taken for whole. */
struct fill_file {
	char *path; /* as it was given; NULL: the text names no file */
	struct buffer text;
};
int fill_file_read(int fd, const char *path, struct buffer *out, struct skbscope_error *error);

/* Splits the texts and reads the files. settings is borrowed. */
int fill_open(struct fill *fill, const struct table_settings *settings, const char *netns,
	      struct skbscope_error *error);
void fill_close(struct fill *fill); /* for AUTO() too */
bool fill_is_empty(const struct fill *fill);

/* All texts, for that image. A table may be missing if OTHER (may be NULL) has it. The
 * message says where: "blocked.txt:17:3: …". */
int fill_plan(const struct fill *fill, const struct skbscope_image *image,
	      const struct skbscope_image *other, struct filling **out,
	      struct skbscope_error *error);

/* That filling is in the tables from now on; it is taken. */
void fill_has(struct fill *fill, struct filling *filling);

/* Into all tables that are new to the session: a swap's outcomes, or NULL for all. */
int fill_write(const struct fill *fill, const struct filling *filling,
	       struct skbscope_session *session, const struct skbscope_table_swap *outcomes,
	       size_t count, struct skbscope_error *error);

/* What one of the files says now, *text, which is taken. The differences are written to the
 * running session, all or none; NULL: only what is wanted is known. What was done is appended
 * to news. */
int fill_follow(struct fill *fill, size_t file, struct buffer *text,
		const struct skbscope_image *image, struct skbscope_session *session,
		struct buffer *news, struct skbscope_error *error);

#endif
