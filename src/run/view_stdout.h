/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readings on stdout: on a terminal, those for people are redrawn in place; elsewhere one
 * comes after the other.
 */
#ifndef RUN_VIEW_STDOUT_H
#define RUN_VIEW_STDOUT_H

#include "run/settings.h"
#include "run/signals.h"
#include "run/view.h"

/* settings and signals are borrowed. */
int view_stdout_open(const struct output_settings *settings, const struct talk_settings *talk,
		     struct signals *signals, struct view **out, struct skbscope_error *error);

#endif
