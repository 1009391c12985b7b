/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command on a kernel that lacks tcx, clsact or both. The command's system
 * calls are stopped by seccomp and looked at by this process:
 *
 *   tcx     bpf(2) on a tcx hook answers EINVAL, as kernels before 6.6 do
 *   clsact  in a netlink request the qdisc's kind is changed in place to one that
 *           nobody has, so that the real kernel refuses it in its own words
 *
 * Meant for commands of one thread at a time: what was looked at must not change
 * before the kernel reads it. A safety measure could not be built this way.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define TCX_INGRESS 46
#define TCX_EGRESS 47

static int without_tcx, without_clsact;

/* Installs the filter and tells the supervisor the number of the descriptor that
 * hears of the calls; runs in the child, which then becomes the command. */
static int filter_self(int tell)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r, listener;

	if (!filter)
		return -ENOMEM;
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0); /* the command may yet drop its uid */
	r = seccomp_rule_add(filter, SCMP_ACT_NOTIFY, SCMP_SYS(bpf), 0);
	if (!r)
		r = seccomp_rule_add(filter, SCMP_ACT_NOTIFY, SCMP_SYS(sendto), 0);
	if (!r)
		r = seccomp_rule_add(filter, SCMP_ACT_NOTIFY, SCMP_SYS(sendmsg), 0);
	if (!r)
		r = seccomp_load(filter);
	if (r < 0)
		return r;
	listener = seccomp_notify_fd(filter);
	if (write(tell, &listener, sizeof(listener)) != sizeof(listener))
		return -EPIPE;
	return 0;
}

static ssize_t peek(pid_t pid, uint64_t at, void *data, size_t length)
{
	struct iovec here = { data, length }, there = { (void *)(uintptr_t)at, length };

	return process_vm_readv(pid, &here, 1, &there, 1, 0);
}

static int is_tcx(pid_t pid, const struct seccomp_data *call)
{
	/* attach_type: third word of BPF_LINK_CREATE and BPF_PROG_ATTACH, second of
	 * BPF_PROG_QUERY */
	uint32_t words[3] = { 0 }, type;

	if (call->args[2] < sizeof(words) ||
	    peek(pid, call->args[1], words, sizeof(words)) != sizeof(words))
		return 0;
	if (call->args[0] == BPF_LINK_CREATE || call->args[0] == BPF_PROG_ATTACH)
		type = words[2];
	else if (call->args[0] == BPF_PROG_QUERY)
		type = words[1];
	else
		return 0;
	return type == TCX_INGRESS || type == TCX_EGRESS;
}

/* If it asks for a clsact or ingress qdisc, or for a filter that would make one,
 * asks for something else instead. */
static void spoil(pid_t pid, uint64_t at, size_t length)
{
	static const char *const names[] = { "clsact", "ingress" };
	uint8_t message[4096];
	struct nlmsghdr header;

	if (length > sizeof(message))
		length = sizeof(message);
	if (length < sizeof(header) || peek(pid, at, message, length) != (ssize_t)length)
		return;
	memcpy(&header, message, sizeof(header));
	if (header.nlmsg_type != RTM_NEWQDISC)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint8_t *found = memmem(message, length, names[i], strlen(names[i]) + 1);
		struct iovec here, there;

		if (!found)
			continue;
		*found = 'x';
		here.iov_base = found;
		there.iov_base = (void *)(uintptr_t)(at + (uint64_t)(found - message));
		here.iov_len = there.iov_len = 1;
		if (process_vm_writev(pid, &here, 1, &there, 1, 0) != 1)
			fprintf(stderr, "without: cannot change the request: %s\n",
				strerror(errno));
	}
}

static void spoil_message(pid_t pid, uint64_t at)
{
	struct msghdr message;
	struct iovec vector;

	if (peek(pid, at, &message, sizeof(message)) == sizeof(message) && message.msg_iovlen &&
	    peek(pid, (uint64_t)(uintptr_t)message.msg_iov, &vector, sizeof(vector)) ==
		    sizeof(vector))
		spoil(pid, (uint64_t)(uintptr_t)vector.iov_base, vector.iov_len);
}

static void judge(const struct seccomp_notif *request, struct seccomp_notif_resp *answer)
{
	const struct seccomp_data *call = &request->data;
	pid_t pid = (pid_t)request->pid;

	answer->id = request->id;
	answer->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	if (call->nr == SCMP_SYS(bpf)) {
		if (without_tcx && is_tcx(pid, call)) {
			answer->flags = 0;
			answer->error = -EINVAL;
		}
	} else if (without_clsact) {
		if (call->nr == SCMP_SYS(sendto))
			spoil(pid, call->args[1], call->args[2]);
		else
			spoil_message(pid, call->args[1]);
	}
}

/* Until nobody is left under the filter; the command's own wait status. Before Linux
 * 6.11 the filter of a process lives until that is waited for. */
static int supervise(pid_t pid, int pidfd, int listener)
{
	struct seccomp_notif *request = NULL;
	struct seccomp_notif_resp *answer = NULL;

	int status = 0;

	if (seccomp_notify_alloc(&request, &answer) != 0)
		return status;
	for (;;) {
		struct pollfd fds[] = { { listener, POLLIN, 0 }, { pidfd, POLLIN, 0 } };

		if (poll(fds, 2, -1) < 0 && errno == EINTR)
			continue;
		if (fds[1].revents) {
			waitpid(pid, &status, 0);
			pidfd = -1;
		}
		if (!fds[0].revents)
			continue;
		if (!(fds[0].revents & POLLIN))
			break;
		memset(request, 0, sizeof(*request));
		memset(answer, 0, sizeof(*answer));
		if (seccomp_notify_receive(listener, request) != 0)
			continue;
		judge(request, answer);
		seccomp_notify_respond(listener, answer);
	}
	seccomp_notify_free(request, answer);
	if (pidfd >= 0)
		waitpid(pid, &status, 0);
	return status;
}

int main(int argc, char **argv)
{
	int tell[2], number, listener, status, pidfd, first = 1;
	pid_t pid;

	for (; first < argc; first++) {
		if (strcmp(argv[first], "tcx") == 0)
			without_tcx = 1;
		else if (strcmp(argv[first], "clsact") == 0)
			without_clsact = 1;
		else
			break;
	}
	if (first == 1 || first == argc) {
		fputs("usage: without [tcx] [clsact] COMMAND…\n", stderr);
		return 2;
	}

	if (pipe2(tell, O_CLOEXEC) != 0)
		return 1;
	pid = fork();
	if (pid == 0) {
		number = filter_self(tell[1]);
		if (number < 0) {
			fprintf(stderr, "without: cannot filter: %s\n", strerror(-number));
			_exit(125);
		}
		/* Stopped here until the supervisor has its descriptor. */
		raise(SIGSTOP);
		execvp(argv[first], argv + first);
		fprintf(stderr, "without: %s: %s\n", argv[first], strerror(errno));
		_exit(127);
	}
	close(tell[1]);
	if (pid < 0 || read(tell[0], &number, sizeof(number)) != sizeof(number))
		return 1;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	listener = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	if (listener < 0) {
		perror("without: pidfd_getfd");
		kill(pid, SIGKILL);
		return 1;
	}
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGCONT);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	status = supervise(pid, pidfd, listener);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
