/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What signals mean to a command that runs until it is told to end: SIGINT and SIGTERM
 * the end, SIGWINCH another size of the terminal, SIGHUP a reload or the end, SIGTSTP (^Z) and
 * SIGCONT what they always do, and whoever has the terminal is told.
 */
#ifndef RUN_SIGNALS_H
#define RUN_SIGNALS_H

#include <stdbool.h>

#include <skbscope/error.h>

#include "base/loop.h"

enum heard {
	HEARD_END,
	HEARD_RELOAD,
	HEARD_RESIZE,
	HEARD_STOP,     /* we stop when this was told, */
	HEARD_CONTINUE, /* and have gone on */
};

struct signals {
	struct loop *loop;
	void (*heard)(void *context, enum heard heard);
	void *context;
	bool reloads;              /* SIGHUP asks for a reload where no terminal closed */
	int terminal;              /* of descriptors 0 to 2 one that was one at the start; -1 */
	struct loop_source hangup; /* the terminal's */
	unsigned int ends;         /* how often we were told to */
};

/* From here on signals come between two steps of the loop, so that no step that changes
 * the kernel is cut. SIGHUP means the end unless reloads is set or there is a terminal
 * that is still open; whoever ignores it (nohup) is left alone. */
int signals_open(struct signals *signals, struct skbscope_error *error);
void signals_close(struct signals *signals);

/* As if we had been told to end. */
void signals_end(struct signals *signals);

/* For work that stopped because loop_signal_fd() became readable: whether to go on with
 * it, as none of the signals was to end. */
bool signals_go_on(struct signals *signals);

#endif
