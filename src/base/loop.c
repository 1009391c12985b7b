/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting with epoll(7) and signalfd(2). */
#include "base/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

#define READY_MAX 64 /* seen at once; of more, the kernel gives the others next time */
#define SECOND_NS UINT64_C(1000000000)

struct loop {
	int epoll_fd;
	struct loop_source *files;   /* that are always ready */
	struct loop_timer *timers;   /* the earliest first */
	struct loop_source deadline; /* stands for the earliest one */
	struct loop_source signals;
	void (*signal_handler)(void *context, int number, uint64_t now_ns);
	void *signal_context;
	uint64_t turn;
	bool quits;
	int status;
};

static void fire(void *context, uint32_t events, uint64_t now_ns)
{
	struct loop_timer *timer = ((struct loop *)context)->timers;

	(void)events;
	loop_disarm(timer);
	timer->due(timer->context, now_ns);
}

int loop_new(struct loop **out)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	loop->signals.fd = -1;
	loop->deadline =
		(struct loop_source){ .priority = LOOP_REST, .ready = fire, .context = loop };
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0) {
		int code = -errno;

		free(loop);
		return code;
	}
	*out = loop;
	return 0;
}

void loop_freep(struct loop **loop)
{
	if (!*loop)
		return;
	closep(&(*loop)->signals.fd);
	closep(&(*loop)->epoll_fd);
	free(TAKE(*loop));
}

static int control(struct loop_source *source, int operation)
{
	struct epoll_event event = { .events = source->events, .data.ptr = source };

	return epoll_ctl(source->loop->epoll_fd, operation, source->fd, &event) < 0 ? -errno : 0;
}

int loop_add(struct loop *loop, struct loop_source *source)
{
	int r;

	source->loop = loop;
	source->is_file = false;
	r = control(source, EPOLL_CTL_ADD);
	if (r == -EPERM) {
		source->is_file = true;
		source->next = loop->files;
		loop->files = source;
		return 0;
	}
	if (r < 0)
		source->loop = NULL;
	return r;
}

int loop_want(struct loop_source *source, uint32_t events)
{
	if (source->events == events)
		return 0;
	source->events = events;
	return source->is_file ? 0 : control(source, EPOLL_CTL_MOD);
}

void loop_remove(struct loop_source *source)
{
	struct loop_source **at;

	if (!source->loop)
		return;
	if (source->is_file) {
		for (at = &source->loop->files; *at != source;)
			at = &(*at)->next;
		*at = source->next;
	} else {
		control(source, EPOLL_CTL_DEL);
	}
	source->loop = NULL;
}

void loop_arm(struct loop *loop, struct loop_timer *timer, uint64_t at_ns)
{
	struct loop_timer **at = &loop->timers;

	loop_disarm(timer);
	while (*at && (*at)->at_ns <= at_ns)
		at = &(*at)->next;
	timer->loop = loop;
	timer->at_ns = at_ns;
	timer->next = *at;
	*at = timer;
}

void loop_disarm(struct loop_timer *timer)
{
	struct loop_timer **at;

	if (!timer->loop)
		return;
	for (at = &timer->loop->timers; *at != timer;)
		at = &(*at)->next;
	*at = timer->next;
	timer->loop = NULL;
}

static bool take_signal(struct loop *loop, uint64_t now_ns)
{
	struct signalfd_siginfo info;

	if (read(loop->signals.fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return false;
	loop->signal_handler(loop->signal_context, (int)info.ssi_signo, now_ns);
	return true;
}

static void signal_is_pending(void *context, uint32_t events, uint64_t now_ns)
{
	(void)events;
	take_signal(context, now_ns);
}

int loop_signals(struct loop *loop, const sigset_t *signals,
		 void (*handler)(void *context, int number, uint64_t now_ns), void *context)
{
	int fd = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);

	if (fd < 0)
		return -errno;
	loop->signal_handler = handler;
	loop->signal_context = context;
	loop->signals = (struct loop_source){ .fd = fd,
					      .events = EPOLLIN,
					      .priority = LOOP_SIGNAL,
					      .ready = signal_is_pending,
					      .context = loop };
	sigprocmask(SIG_BLOCK, signals, NULL);
	return loop_add(loop, &loop->signals);
}

int loop_signal_fd(const struct loop *loop)
{
	return loop->signals.fd;
}

void loop_take_signals(struct loop *loop)
{
	while (take_signal(loop, clock_monotonic_ns()))
		;
}

static struct loop_source *more_urgent(struct loop_source *a, struct loop_source *b)
{
	if (!a || b->priority < a->priority)
		return b;
	return b->priority == a->priority && b->served < a->served ? b : a;
}

/* The most urgent of those that are ready; NULL: none is. */
static struct loop_source *choose(struct loop *loop, const struct epoll_event *ready, int count,
				  uint64_t now_ns, uint32_t *events)
{
	struct loop_source *chosen = NULL;

	for (int i = 0; i < count; i++) {
		chosen = more_urgent(chosen, ready[i].data.ptr);
		if (chosen == ready[i].data.ptr)
			*events = ready[i].events;
	}
	for (struct loop_source *file = loop->files; file; file = file->next) {
		if (!file->events)
			continue;
		chosen = more_urgent(chosen, file);
		if (chosen == file)
			*events = file->events;
	}
	if (loop->timers && loop->timers->at_ns <= now_ns)
		chosen = more_urgent(chosen, &loop->deadline);
	return chosen;
}

/* epoll_pwait2() would know nanoseconds, from Linux 5.11 on. */
static int sleep_until(struct loop *loop, uint64_t now_ns)
{
	struct pollfd polled = { .fd = loop->epoll_fd, .events = POLLIN };
	uint64_t left = loop->timers ? loop->timers->at_ns - now_ns : UINT64_MAX;
	struct timespec most = { .tv_sec = (time_t)(left / SECOND_NS),
				 .tv_nsec = (long)(left % SECOND_NS) };

	if (ppoll(&polled, 1, loop->timers ? &most : NULL, NULL) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

static int step(struct loop *loop)
{
	struct epoll_event ready[READY_MAX];
	int count = epoll_wait(loop->epoll_fd, ready, READY_MAX, 0);
	uint64_t now = clock_monotonic_ns();
	struct loop_source *chosen;
	uint32_t events = 0;

	if (count < 0 && errno != EINTR)
		return -errno;
	chosen = choose(loop, ready, count, now, &events);
	if (!chosen)
		return sleep_until(loop, now);
	chosen->served = ++loop->turn;
	chosen->ready(chosen->context, events, now);
	return 0;
}

int loop_run(struct loop *loop)
{
	loop->quits = false;
	while (!loop->quits) {
		int r = step(loop);

		if (r < 0)
			return r;
	}
	return loop->status;
}

void loop_quit(struct loop *loop, int status)
{
	loop->quits = true;
	loop->status = status;
}
