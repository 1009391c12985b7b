/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that are set and taken away while the program runs ("skbscope ctl"). It is parsed,
 * checked and undone as --set is, and from then on said (fill_later.h).
 */
#ifndef RUN_FILL_CHANGE_H
#define RUN_FILL_CHANGE_H

#include "run/fill.h"

#define FILL_LATER_MAX ((size_t)16384)  /* words that matter */
#define FILL_CHANGES_MAX ((size_t)1024) /* at once */

/* All of it is done in the running session, or nothing. Texts: "TABLE[KEY]=VALUE" to set,
 * "TABLE[KEY]" to delete, "TABLE" to clear; of one table. What was done is appended to news. */
int fill_change(struct fill *fill, enum fill_kind kind, const char *const *texts, size_t count,
		const struct skbscope_image *image, struct skbscope_session *session,
		struct buffer *news, struct skbscope_error *error);

#endif
