/* SPDX-License-Identifier: Apache-2.0 */
/* Who was refused, an address a line, in a file that the program blocklist follows. */
#ifndef RUN_VIEW_OFFENDERS_H
#define RUN_VIEW_OFFENDERS_H

#include "calls/tables.h"
#include "run/view.h"

int view_offenders_open(const char *path, const struct book *book, struct view **out,
			struct skbscope_error *error);

#endif
