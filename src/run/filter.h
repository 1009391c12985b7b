/* SPDX-License-Identifier: Apache-2.0 */
/* The words behind PROGRAM: which packets it is to see. */
#ifndef RUN_FILTER_H
#define RUN_FILTER_H

#include <skbscope/filter.h>

#include "base/buffer.h"
#include "run/settings.h"
#include "run/targets.h"

/* For the link layers of these interfaces; *filter stays NULL where no word was given.
 * Where any interface was asked for, those that there can be no filter for are left out. */
int filter_make(const struct traffic_settings *traffic, const struct compile_settings *compiling,
		struct targets *targets, struct skbscope_filter **filter,
		struct skbscope_error *error);

/* Whether there is one for the packets of this interface; of none: always. */
bool filter_takes(const struct skbscope_filter *filter, const struct interface *interface);

/* Continues the sentence that introduces a run; nothing where there is none. */
void filter_say(const struct skbscope_filter *filter, bool verbose, struct buffer *out);

#endif
