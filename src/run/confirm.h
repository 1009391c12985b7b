/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --confirm-within: an enforced run that nobody confirms in time is not to go on so. Enter on
 * the terminal confirms it, or somebody who calls confirm_given().
 */
#ifndef RUN_CONFIRM_H
#define RUN_CONFIRM_H

#include "base/loop.h"

struct confirm {
	/* The caller's, before confirm_start(): */
	struct loop *loop;
	void (*confirmed)(void *owner); /* on the terminal */
	void (*missed)(void *owner);
	void *owner;
	bool is_told; /* of Enter by whoever has the terminal: it is not to be read */

	enum { CONFIRM_NOT_ASKED, CONFIRM_AWAITED, CONFIRM_GIVEN, CONFIRM_MISSED } state;
	uint64_t until_ns; /* monotonic */
	struct loop_source terminal;
	struct loop_timer due, look;
};

bool confirm_has_terminal(void);
void confirm_start(struct confirm *confirm, uint64_t within_ns, uint64_t now_ns);
void confirm_given(struct confirm *confirm);
void confirm_stop(struct confirm *confirm); /* nothing more is awaited */

#endif
