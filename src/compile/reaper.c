/* SPDX-License-Identifier: Apache-2.0 */
/* One thread at most, for one child: who comes while it waits collects by themselves. */
#include "compile/reaper.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	atomic_flag
		busy; /* whoever looks at the rest; a child of fork() may find it set for ever */
	bool started;
	pid_t host; /* the thread is this process's, and not a child's of it */
	pthread_t thread;
} reaper = { .busy = ATOMIC_FLAG_INIT };

int reap_now(pid_t pid)
{
	int status = 0;
	pid_t reaped;

	do {
		reaped = waitpid(pid, &status, 0);
	} while (reaped < 0 && errno == EINTR);
	return reaped < 0 ? 0 : status;
}

static void *reap(void *pid)
{
	reap_now((pid_t)(intptr_t)pid);
	return NULL;
}

static void join(void)
{
	if (reaper.started && reaper.host == getpid())
		pthread_join(reaper.thread, NULL);
	reaper.started = false;
}

/* A host's signals are for its own threads. */
static bool start(pid_t pid)
{
	const size_t stack = 256u << 10;
	pthread_attr_t attributes;
	sigset_t all, before;
	int r;

	if (pthread_attr_init(&attributes) != 0)
		return false;
	pthread_attr_setstacksize(&attributes, stack);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&reaper.thread, &attributes, reap, (void *)(intptr_t)pid);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	reaper.host = getpid();
	reaper.started = r == 0;
	return r == 0;
}

void reap_later(pid_t pid)
{
	bool started = false;

	if (!atomic_flag_test_and_set(&reaper.busy)) {
		join();
		started = start(pid);
		atomic_flag_clear(&reaper.busy);
	}
	if (!started)
		reap_now(pid);
}

__attribute__((destructor)) static void join_at_the_end(void)
{
	if (!atomic_flag_test_and_set(&reaper.busy))
		join();
}
