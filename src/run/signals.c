/* SPDX-License-Identifier: Apache-2.0 */
/* From the number of a signal to what it means. */
#include "run/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"

static bool is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static int find_terminal(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (isatty(fd))
			return fd;
	return -1;
}

void signals_end(struct signals *signals)
{
	signals->ends++;
	signals->heard(signals->context, HEARD_END);
}

static void terminal_closed(void *context, uint32_t events, uint64_t now_ns)
{
	struct signals *signals = context;

	(void)events;
	(void)now_ns;
	loop_remove(&signals->hangup);
	signals_end(signals);
}

/* A shell may say SIGHUP to its jobs before it leaves the terminal itself. The number of
 * the descriptor is the output's, perhaps. */
static void expect_hangup(struct signals *signals)
{
	if (signals->hangup.fd < 0)
		signals->hangup.fd = fcntl(signals->terminal, F_DUPFD_CLOEXEC, 3);
	if (signals->hangup.fd >= 0 && !signals->hangup.loop)
		loop_add(signals->loop, &signals->hangup);
}

static void hear_hangup(struct signals *signals)
{
	struct pollfd polled = { .fd = signals->terminal };

	if (signals->terminal < 0 ? !signals->reloads : poll(&polled, 1, 0) > 0) {
		signals_end(signals);
		return;
	}
	if (signals->terminal >= 0)
		expect_hangup(signals);
	signals->heard(signals->context, HEARD_RELOAD);
}

/* By the signal itself, so that a shell says what it always says. */
static void stop(void)
{
	sigset_t stopping;

	sigemptyset(&stopping);
	sigaddset(&stopping, SIGTSTP);
	raise(SIGTSTP);
	pthread_sigmask(SIG_UNBLOCK, &stopping, NULL); /* here */
	pthread_sigmask(SIG_BLOCK, &stopping, NULL);
}

static void hear(void *context, int number, uint64_t now_ns)
{
	struct signals *signals = context;

	(void)now_ns;
	switch (number) {
	case SIGWINCH:
		signals->heard(signals->context, HEARD_RESIZE);
		break;
	case SIGHUP:
		hear_hangup(signals);
		break;
	case SIGTSTP:
		signals->heard(signals->context, HEARD_STOP);
		stop();
		break;
	case SIGCONT:
		signals->heard(signals->context, HEARD_CONTINUE);
		break;
	default:
		signals_end(signals);
	}
}

int signals_open(struct signals *signals, struct skbscope_error *error)
{
	sigset_t numbers;
	int r;

	signals->terminal = find_terminal();
	signals->hangup = (struct loop_source){
		.fd = -1, .priority = LOOP_HANGUP, .ready = terminal_closed, .context = signals
	};
	sigemptyset(&numbers);
	sigaddset(&numbers, SIGINT);
	sigaddset(&numbers, SIGTERM);
	sigaddset(&numbers, SIGWINCH);
	sigaddset(&numbers, SIGCONT);
	if (!is_ignored(SIGTSTP))
		sigaddset(&numbers, SIGTSTP);
	if (!is_ignored(SIGHUP))
		sigaddset(&numbers, SIGHUP);
	r = loop_signals(signals->loop, &numbers, hear, signals);
	return r < 0 ? fail_errno(error, r, SKBSCOPE_STAGE_OBSERVE, "cannot wait for signals") : 0;
}

void signals_close(struct signals *signals)
{
	loop_remove(&signals->hangup);
	closep(&signals->hangup.fd);
}

bool signals_go_on(struct signals *signals)
{
	unsigned int before = signals->ends;

	loop_take_signals(signals->loop);
	return signals->ends == before;
}
