/* SPDX-License-Identifier: Apache-2.0 */
/* Showing a session's readings until a signal, a limit or a failure ends it. */
#ifndef RUN_WATCH_H
#define RUN_WATCH_H

#include <skbscope/session.h>

#include "run/edit_loop.h"
#include "run/settings.h"
#include "run/waiter.h"

/* Takes an attached session and leaves it attached; gives an exit status. */
int watch(const struct run_settings *settings, struct skbscope_session *session,
	  struct edit_loop *edit, struct waiter *waiter);

#endif
