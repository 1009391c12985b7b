/* SPDX-License-Identifier: Apache-2.0 */
/* A deadline, and a terminal that is read only while this process is in front of it. */
#include "run/confirm.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LOOK_NS UINT64_C(500000000)

bool confirm_has_terminal(void)
{
	return isatty(STDIN_FILENO);
}

/* Who reads in the background is stopped by the kernel. */
static bool is_in_front(void)
{
	return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

static void hear(struct confirm *confirm)
{
	char bytes[256];
	const ssize_t length = read(STDIN_FILENO, bytes, sizeof(bytes));

	/* Whose terminal is gone does not confirm. */
	if (length == 0 || (length < 0 && errno != EINTR && errno != EAGAIN)) {
		loop_remove(&confirm->terminal);
		return;
	}
	if (length > 0 && memchr(bytes, '\n', (size_t)length)) {
		confirm_given(confirm);
		confirm->confirmed(confirm->owner);
	}
}

static void terminal_is_ready(void *context, uint32_t events, uint64_t now_ns)
{
	struct confirm *confirm = context;

	if ((events & EPOLLIN) && is_in_front()) {
		hear(confirm);
		return;
	}
	loop_remove(&confirm->terminal);
	if (events & EPOLLIN) /* what was typed is another's, as long as it is in front */
		loop_arm(confirm->loop, &confirm->look, now_ns + LOOK_NS);
}

static void look_again(void *context, uint64_t now_ns)
{
	struct confirm *confirm = context;

	if (!is_in_front())
		loop_arm(confirm->loop, &confirm->look, now_ns + LOOK_NS);
	else
		loop_add(confirm->loop, &confirm->terminal);
}

static void time_is_up(void *context, uint64_t now_ns)
{
	struct confirm *confirm = context;

	(void)now_ns;
	confirm_stop(confirm);
	confirm->state = CONFIRM_MISSED;
	confirm->missed(confirm->owner);
}

void confirm_start(struct confirm *confirm, uint64_t within_ns, uint64_t now_ns)
{
	confirm->state = CONFIRM_AWAITED;
	confirm->until_ns = now_ns + within_ns;
	confirm->due = (struct loop_timer){ .due = time_is_up, .context = confirm };
	confirm->look = (struct loop_timer){ .due = look_again, .context = confirm };
	confirm->terminal = (struct loop_source){ .fd = STDIN_FILENO,
						  .events = EPOLLIN,
						  .priority = LOOP_REST,
						  .ready = terminal_is_ready,
						  .context = confirm };
	loop_arm(confirm->loop, &confirm->due, confirm->until_ns);
	if (confirm->is_told || !confirm_has_terminal())
		return;
	/* What was typed before anybody could know what for. */
	if (is_in_front())
		tcflush(STDIN_FILENO, TCIFLUSH);
	look_again(confirm, now_ns);
}

void confirm_stop(struct confirm *confirm)
{
	loop_remove(&confirm->terminal);
	loop_disarm(&confirm->due);
	loop_disarm(&confirm->look);
}

void confirm_given(struct confirm *confirm)
{
	confirm_stop(confirm);
	confirm->state = CONFIRM_GIVEN;
}
