/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting with signalfd(2) and ppoll(2). */
#include "run/waiter.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"

static bool is_ignored(int signal)
{
	struct sigaction action;

	return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static int find_terminal(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (isatty(fd))
			return fd;
	return -1;
}

int waiter_open(struct waiter *waiter, int output_fd, bool reloads, struct skbscope_error *error)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGWINCH);
	if (!is_ignored(SIGHUP))
		sigaddset(&signals, SIGHUP);
	waiter->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (waiter->signal_fd < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_OBSERVE, "cannot wait for signals");
	waiter->output_fd = output_fd;
	waiter->reloads = reloads;
	waiter->terminal = find_terminal();
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return 0;
}

static struct timespec until(uint64_t monotonic_ns)
{
	uint64_t now = clock_monotonic_ns();
	uint64_t left = monotonic_ns > now ? monotonic_ns - now : 0;

	return (struct timespec){ .tv_sec = (time_t)(left / 1000000000u),
				  .tv_nsec = (long)(left % 1000000000u) };
}

static bool hung_up(int terminal)
{
	struct pollfd polled = { .fd = terminal };

	return poll(&polled, 1, 0) > 0;
}

static enum wake meaning_of_hangup(struct waiter *waiter)
{
	if (waiter->terminal < 0)
		return waiter->reloads ? WAKE_RELOAD : WAKE_STOP;
	if (hung_up(waiter->terminal))
		return WAKE_STOP;
	waiter->expects_hangup = true;
	return WAKE_RELOAD;
}

enum wake waiter_take(struct waiter *waiter)
{
	struct signalfd_siginfo info;

	if (read(waiter->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return WAKE_TIME;
	switch (info.ssi_signo) {
	case SIGWINCH:
		return WAKE_RESIZED;
	case SIGHUP:
		return meaning_of_hangup(waiter);
	default:
		return WAKE_STOP;
	}
}

enum wake waiter_wait(struct waiter *waiter, uint64_t until_monotonic_ns)
{
	for (;;) {
		/* No events asked for: poll still tells of errors and hang-ups, which
		 * is how a pipe's lost reader shows before the next write. */
		struct pollfd polled[] = {
			{ .fd = waiter->signal_fd, .events = POLLIN },
			{ .fd = waiter->output_fd },
			{ .fd = waiter->expects_hangup ? waiter->terminal : -1 },
			{ .fd = waiter->build_fd, .events = POLLIN },
			{ .fd = waiter->files_fd, .events = POLLIN },
		};
		struct timespec left = until(until_monotonic_ns);
		enum wake signal;

		if (ppoll(polled, sizeof(polled) / sizeof(polled[0]), &left, NULL) == 0)
			return WAKE_TIME;
		signal = waiter_take(waiter);
		if (signal != WAKE_TIME)
			return signal;
		if (polled[2].revents)
			return WAKE_STOP;
		if (polled[1].revents & (POLLERR | POLLHUP | POLLNVAL))
			return WAKE_OUTPUT_GONE;
		if (polled[3].revents)
			return WAKE_BUILT;
		if (polled[4].revents)
			return WAKE_FILES;
	}
}

void waiter_close(struct waiter *waiter)
{
	if (waiter->signal_fd < 0)
		return;
	close(TAKE_FD(waiter->signal_fd));
}
