/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first compilation of a process maps and initialises LLVM. Here it is one of
 * skbscope's own program, so that a stranger's finds that done.
 */
#include "worker/warm.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "worker/request.h"

#define MAX_FDS (WORKER_MAX_PATHS + WORKER_FILES)

struct message {
	uint32_t seconds;
	int fds[MAX_FDS];
	size_t fd_count;
};

/* False: what came is not whole, because it takes more descriptors than there may be. */
static bool receive(struct message *message)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
	} control;
	struct iovec data = { &message->seconds, sizeof(message->seconds) };
	struct msghdr header = { .msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control) };
	const struct cmsghdr *rights;

	if (recvmsg(WORKER_FD_ALIVE, &header, MSG_CMSG_CLOEXEC) != sizeof(message->seconds))
		worker_leave(WORKER_BAD_REQUEST); /* the other end is gone */
	rights = CMSG_FIRSTHDR(&header);
	if (!rights || (header.msg_flags & MSG_CTRUNC))
		return false;
	message->fd_count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(message->fds, CMSG_DATA(rights), message->fd_count * sizeof(int));
	return message->fd_count > WORKER_FILES;
}

/* The kernel gives the lowest numbers, so that the paths come to where they belong. */
static bool place(const struct message *message)
{
	const size_t paths = message->fd_count - WORKER_FILES;
	const int *files = message->fds + paths;

	for (size_t i = 0; i < paths; i++)
		if (message->fds[i] != WORKER_FD_PATHS + (int)i)
			return false;
	if (dup2(files[0], WORKER_FD_REQUEST) < 0 || dup2(files[1], WORKER_FD_ANSWER) < 0 ||
	    dup2(files[2], STDOUT_FILENO) < 0 || dup2(files[2], STDERR_FILENO) < 0)
		return false;
	for (size_t i = 0; i < WORKER_FILES; i++)
		close(files[i]);
	return true;
}

/* What was used to get warm does not count. */
static bool limit_processor(uint32_t seconds)
{
	const rlim_t all = seconds + (rlim_t)(clock() / CLOCKS_PER_SEC) + 1;

	return setrlimit(RLIMIT_CPU, &(struct rlimit){ all, all }) == 0;
}

static pid_t parent;

static void look_for_parent(int signal)
{
	(void)signal;
	if (getppid() != parent)
		_exit(WORKER_BAD_REQUEST);
}

static void end_with_parent(void)
{
	struct sigaction action = { .sa_handler = look_for_parent, .sa_flags = SA_RESTART };

	sigaction(WORKER_PARENT_SIGNAL, &action, NULL);
	look_for_parent(0); /* until now the signal was ignored */
}

static void warm_up(void)
{
	const char warm = WORKER_WARM;

	if (request_serve(clock_monotonic_ns()) != WORKER_DONE)
		worker_leave(WORKER_NO_IMAGE);
	request_forget();
	fflush(NULL);
	for (int fd = getdtablesize(); fd-- > WORKER_FD_PATHS;)
		close(fd);
	if (write(WORKER_FD_ALIVE, &warm, sizeof(warm)) != sizeof(warm))
		worker_leave(WORKER_BAD_REQUEST);
}

uint64_t warm_wait(pid_t owner)
{
	struct message message;

	parent = owner;
	end_with_parent();
	warm_up();
	/* A worker that was killed is replaced, by one that can say what is wrong. */
	if (!receive(&message) || !place(&message) || !limit_processor(message.seconds))
		raise(SIGKILL);
	return clock_monotonic_ns();
}
