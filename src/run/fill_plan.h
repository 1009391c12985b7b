/* SPDX-License-Identifier: Apache-2.0 */
/* Between fill.c and fill_later.c: how texts become rows. */
#ifndef RUN_FILL_PLAN_H
#define RUN_FILL_PLAN_H

#include "run/fill.h"

struct fill_plan {
	const struct fill *fill;
	const struct skbscope_image *image, *other;
	struct filling *filling;
	struct parse_names names;
};

/* A plan without rows; its filling is the caller's. */
int fill_plan_start(struct fill_plan *plan, const struct fill *fill,
		    const struct skbscope_image *image, const struct skbscope_image *other,
		    struct skbscope_error *error);
/* *out is NULL where only the other program has it. */
int fill_plan_table(const struct fill_plan *plan, struct span name, struct wanted **out,
		    struct skbscope_error *error);
int fill_plan_settle(const struct fill_plan *plan, struct skbscope_error *error);

/* What was said later, onto the rows of the texts. */
int fill_plan_later(const struct fill_plan *plan, struct skbscope_error *error);

/* What was said and what is said now of a table of that schema, without what thereby has no
 * meaning any more. -ENOMEM. */
int fill_later_merge(const struct fill *fill, const struct fill_later *asked,
		     const struct skbscope_schema *schema, struct fill_later *out);

/* Borrows from the fill. */
struct parse_names fill_names(const struct fill *fill);

/* Where in which text, in front of the message; gives R. A line and a column of 0 are not told. */
int fill_placed(const struct fill *fill, size_t text, uint32_t line, size_t column, int r,
		struct skbscope_error *error);

#endif
