/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting with signalfd(2) and ppoll(2). */
#include "cli/waiter.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"

int waiter_open(struct waiter *waiter, int output_fd, struct skbscope_error *error)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGWINCH);
	waiter->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (waiter->signal_fd < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_OBSERVE, "cannot wait for signals");
	waiter->output_fd = output_fd;
	sigprocmask(SIG_BLOCK, &signals, &waiter->before);
	return 0;
}

static struct timespec until(uint64_t monotonic_ns)
{
	uint64_t now = clock_monotonic_ns();
	uint64_t left = monotonic_ns > now ? monotonic_ns - now : 0;

	return (struct timespec){ .tv_sec = (time_t)(left / 1000000000u),
				  .tv_nsec = (long)(left % 1000000000u) };
}

enum wake waiter_take(struct waiter *waiter)
{
	struct signalfd_siginfo info;

	if (read(waiter->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return WAKE_TIME;
	return info.ssi_signo == SIGWINCH ? WAKE_RESIZED : WAKE_STOP;
}

enum wake waiter_wait(struct waiter *waiter, uint64_t until_monotonic_ns)
{
	for (;;) {
		/* No events asked for: poll still tells of errors and hang-ups, which
		 * is how a pipe's lost reader shows before the next write. */
		struct pollfd polled[] = {
			{ .fd = waiter->signal_fd, .events = POLLIN },
			{ .fd = waiter->output_fd },
		};
		struct timespec left = until(until_monotonic_ns);
		enum wake signal;

		if (ppoll(polled, 2, &left, NULL) == 0)
			return WAKE_TIME;
		signal = waiter_take(waiter);
		if (signal != WAKE_TIME)
			return signal;
		if (polled[1].revents & (POLLERR | POLLHUP | POLLNVAL))
			return WAKE_OUTPUT_GONE;
	}
}

void waiter_close(struct waiter *waiter)
{
	if (waiter->signal_fd < 0)
		return;
	close(TAKE_FD(waiter->signal_fd));
	sigprocmask(SIG_SETMASK, &waiter->before, NULL);
}
