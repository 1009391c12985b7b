/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run as a live screen on the terminal that is its stdout: what src/screen makes of
 * readings, words and keys, painted by run/terminal.c.
 */
#ifndef RUN_VIEW_SCREEN_H
#define RUN_VIEW_SCREEN_H

#include "run/settings.h"
#include "run/signals.h"
#include "run/view.h"

/* Whether stdout is a terminal that can be painted, somebody can type on it, and what is shown
 * is for people. */
bool view_screen_is_possible(const struct output_settings *settings);

/* settings and signals are borrowed. From here on what is said on the same terminal is shown
 * on the screen as well, and after it again. */
int view_screen_open(const struct output_settings *settings, const struct talk_settings *talk,
		     struct signals *signals, struct view **out, struct skbscope_error *error);

#endif
