/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process with LLVM mapped, relocated and once used, asleep in ppoll(). It never
 * looks at a stranger's program itself: each is for a child, which cannot be told
 * from a worker that was started for it alone.
 *
 * Signals come through in ppoll() alone, so that none is missed between a look and
 * the next sleep.
 */
#include "worker/warm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "worker/request.h"
#include "worker/sandbox.h"
#include "worker/versions.h"

#define MAX_FDS (WARM_ORDER_FDS + WORKER_MAX_PATHS)
#define ABOVE (WORKER_FD_PATHS + WORKER_MAX_PATHS) /* the worker's own numbers end here */

struct order {
	struct warm_order head;
	int fds[MAX_FDS]; /* as they came */
	size_t fd_count;
};

struct waiting {
	int socket;
	pid_t self, parent;
	pid_t child;     /* 0: none */
	uint32_t number; /* what the child is at */
	uint64_t libraries;
	sigset_t asleep; /* the mask while in ppoll() */
};

static void wake(int signal)
{
	(void)signal;
}

/* Without SA_RESTART: a signal has to end ppoll(). */
static void catch (int signal)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = wake;
	sigaction(signal, &action, NULL);
}

static void arrange_signals(struct waiting *waiting)
{
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &waiting->asleep);
	catch (SIGCHLD);
	catch (SIGTERM);
}

static void close_from(int first)
{
	if (syscall(SYS_close_range, (unsigned int)first, ~0u, 0) == 0)
		return;
	for (int fd = first; fd < 4096; fd++) /* as many as the limit allows */
		close(fd);
}

/* False: the other end is gone. */
static bool receive(const struct waiting *waiting, struct order *order)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
	} control;
	struct iovec data = { .iov_base = &order->head, .iov_len = sizeof(order->head) };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	const struct cmsghdr *header;
	ssize_t n = recvmsg(waiting->socket, &message, MSG_CMSG_CLOEXEC);

	if (n != sizeof(order->head) || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return false;
	order->fd_count = 0;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return true;
	order->fd_count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(order->fds, CMSG_DATA(header), order->fd_count * sizeof(int));
	return true;
}

/* In two moves, so that none is overwritten before it was copied. */
static bool place(const struct order *order)
{
	int moved[MAX_FDS];

	if (order->fd_count < WARM_ORDER_FDS)
		return false;
	for (size_t i = 0; i < order->fd_count; i++) {
		moved[i] = fcntl(order->fds[i], F_DUPFD_CLOEXEC, ABOVE);
		if (moved[i] < 0)
			return false;
	}
	if (dup2(moved[0], WORKER_FD_REQUEST) < 0 || dup2(moved[1], WORKER_FD_ANSWER) < 0 ||
	    dup2(moved[2], STDOUT_FILENO) < 0 || dup2(moved[2], STDERR_FILENO) < 0 ||
	    dup2(moved[3], WORKER_FD_ALIVE) < 0)
		return false;
	for (size_t i = WARM_ORDER_FDS; i < order->fd_count; i++)
		if (dup2(moved[i], WORKER_FD_PATHS + (int)(i - WARM_ORDER_FDS)) < 0)
			return false;
	return true;
}

/* What a worker for one compilation was given before it was executed. */
static void become_worker(const struct waiting *waiting, const struct order *order)
{
	const struct rlimit seconds = { order->head.seconds, order->head.seconds };

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != waiting->self)
		_exit(WORKER_NO_SANDBOX);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	sigprocmask(SIG_SETMASK, &waiting->asleep, NULL);
	if (!place(order))
		_exit(WORKER_BAD_REQUEST);
	close_from(WORKER_FD_PATHS + (int)(order->fd_count - WARM_ORDER_FDS));
	if (setrlimit(RLIMIT_CPU, &seconds) < 0 || sandbox_enter_prepared() < 0)
		worker_give_up(WORKER_NO_SANDBOX, "the kernel refuses the system call filter");
}

static void report(const struct waiting *waiting, uint32_t number, int status)
{
	const struct warm_report words = { .number = number, .status = status };

	if (send(waiting->socket, &words, sizeof(words), MSG_NOSIGNAL) < 0)
		_exit(0);
}

static void reap(struct waiting *waiting, int options)
{
	int status = 0;

	if (!waiting->child || waitpid(waiting->child, &status, options) != waiting->child)
		return;
	waiting->child = 0;
	report(waiting, waiting->number, status);
}

/* The client has no use for an earlier program when it sends the next. */
static void finish_child(struct waiting *waiting)
{
	if (waiting->child)
		kill(waiting->child, SIGKILL);
	reap(waiting, 0);
}

/* With the descriptors where they belong, and away again. */
static void warm_up(struct waiting *waiting, const struct order *order)
{
	if (!place(order))
		_exit(WORKER_BAD_REQUEST);
	if (request_serve(clock_monotonic_ns()) != WORKER_DONE)
		_exit(WORKER_NO_IMAGE);
	request_forget();
	/* The socket alone is left, above. */
	for (int fd = WORKER_FD_REQUEST; fd < waiting->socket; fd++)
		close(fd);
	close_from(waiting->socket + 1);
	report(waiting, 0, 0);
}

/* The first thing that is not a child's end. */
static void wait_for_order(struct waiting *waiting, struct order *order)
{
	for (;;) {
		struct pollfd polled = { .fd = waiting->socket, .events = POLLIN };
		int n = ppoll(&polled, 1, NULL, &waiting->asleep);

		if (getppid() != waiting->parent)
			_exit(0);
		reap(waiting, WNOHANG);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || !receive(waiting, order))
			_exit(0);
		return;
	}
}

/* True in the child. */
static bool start_child(struct waiting *waiting, const struct order *order)
{
	pid_t pid = fork();

	if (pid == 0) {
		become_worker(waiting, order);
		return true;
	}
	for (size_t i = 0; i < order->fd_count; i++)
		close(order->fds[i]);
	if (pid < 0) {
		report(waiting, order->head.number, WORKER_BAD_REQUEST << 8);
		return false;
	}
	waiting->child = pid;
	waiting->number = order->head.number;
	return false;
}

void warm_tell(enum worker_status status)
{
	const int through = (int)status;

	fflush(NULL);
	(void)!write(WORKER_FD_ALIVE, &through, sizeof(through));
}

uint64_t warm_wait(void)
{
	struct waiting waiting = { .self = getpid(), .parent = getppid() };
	struct order order;

	waiting.libraries = libraries_identity();
	arrange_signals(&waiting);
	waiting.socket = fcntl(WORKER_FD_REQUEST, F_DUPFD_CLOEXEC, ABOVE);
	if (waiting.socket < 0 || sandbox_prepare() < 0 || sandbox_enter(SANDBOX_WAITS) < 0)
		worker_give_up(WORKER_NO_SANDBOX, "the kernel refuses the system call filter");
	for (int fd = WORKER_FD_REQUEST; fd < ABOVE; fd++)
		close(fd);
	for (;;) {
		wait_for_order(&waiting, &order);
		switch (order.head.kind) {
		case WARM_ORDER_WARM_UP:
			warm_up(&waiting, &order);
			break;
		case WARM_ORDER_CANCEL:
			if (waiting.child && waiting.number == order.head.number)
				kill(waiting.child, SIGKILL);
			break;
		case WARM_ORDER_COMPILE:
			/* An upgrade came: what is mapped here is not what an image
			 * would be said to be made by. */
			if (libraries_identity() != waiting.libraries)
				_exit(0);
			finish_child(&waiting);
			if (start_child(&waiting, &order))
				return clock_monotonic_ns();
			break;
		default:
			_exit(WORKER_BAD_REQUEST);
		}
	}
}
