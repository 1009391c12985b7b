/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was said of rows since the start ("skbscope ctl"), which is part of what the run's
 * tables are filled with: of each row the latest word counts.
 */
#ifndef RUN_FILL_LATER_H
#define RUN_FILL_LATER_H

#include "run/fill.h"

/* Whether what it says takes rows of the table away. */
bool fill_later_takes(const struct fill_later *later, struct span table);

struct span fill_later_table(const struct fill_said *said);
/* One more, for which ITEMS has room. -ENOMEM. */
int fill_later_say(struct fill_later *later, enum fill_kind kind, const char *text);
void fill_later_clear(struct fill_later *later); /* for AUTO() too */

#endif
