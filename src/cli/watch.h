/* SPDX-License-Identifier: Apache-2.0 */
/* Showing a session's readings until a signal, a limit or a failure ends it. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include <skbscope/session.h>

#include "cli/live.h"
#include "cli/options.h"
#include "cli/waiter.h"

/* Takes an attached session and leaves it attached; gives an exit status. */
int watch(const struct settings *settings, struct skbscope_session *session, struct live *live,
	  struct waiter *waiter);

#endif
