/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/lab_traffic.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "packet/packet.h"

#define STAGE SKBSCOPE_STAGE_ATTACH
#define FILE_MAX (1u << 20)
#define SECOND_NS 1000000000u
#define NOBODY 65534u
#define FRAMES_MAX 1000u

/* --- the file ------------------------------------------------------------------------ */

/* Up to the next empty line. */
static struct span next_paragraph(struct span *rest)
{
	struct span paragraph;

	*rest = span_trim(*rest);
	if (!span_cut(rest, "\n\n", &paragraph)) {
		paragraph = *rest;
		*rest = span_from(*rest, rest->length);
	}
	return paragraph;
}

static int add_frame(struct span text, struct arena *arena, struct lab_frames *frames,
		     struct packet_mistake *mistake)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct lab_frame *frame = &frames->list[frames->count];
	int r = packet_build(text, &bytes, mistake);

	if (r < 0)
		return r;
	frame->size = bytes.length;
	frame->bytes = arena_copy(arena, buffer_text(&bytes), bytes.length, 1);
	if (!frame->bytes)
		return -ENOMEM;
	frames->count++;
	return 0;
}

int lab_frames_read(const char *path, struct arena *arena, struct lab_frames *out,
		    struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	struct packet_mistake mistake;
	struct span rest;
	int r = read_file(path, FILE_MAX, &text);

	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_READ, "cannot read '%s'", path);
	*out = (struct lab_frames){ ARENA_ARRAY(arena, struct lab_frame, FRAMES_MAX), 0 };
	if (!out->list)
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	rest = span_trim((struct span){ buffer_text(&text), text.length });
	while (rest.length && out->count < FRAMES_MAX) {
		r = add_frame(next_paragraph(&rest), arena, out, &mistake);
		if (r == -EINVAL)
			return hint(error,
				    fail(error, r, SKBSCOPE_STAGE_READ, "%s: packet %zu: %s", path,
					 out->count + 1, mistake.what),
				    "%s", mistake.hint);
		if (r < 0)
			return fail_memory(error, SKBSCOPE_STAGE_READ);
		rest = span_trim(rest);
	}
	return out->count ? 0
			  : fail(error, EINVAL, SKBSCOPE_STAGE_READ, "'%s' has no packets", path);
}

/* --- sending ------------------------------------------------------------------------- */

static int open_interface(const char *interface, struct skbscope_error *error)
{
	const struct sockaddr_ll address = { .sll_family = AF_PACKET,
					     .sll_ifindex = (int)if_nametoindex(interface) };
	/* Protocol 0: nothing is received. */
	AUTO(closep) int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return hint(error,
			    fail_errno(error, errno, STAGE, "cannot send from '%s'", interface),
			    "it takes CAP_NET_RAW, which root has: use sudo");
	return TAKE_FD(fd);
}

static bool is_gone(int error)
{
	return error == ENXIO || error == ENODEV || error == ENETDOWN || error == EBADF;
}

/* Time is that of the clock, so that a machine that is late sends as much. */
static void send_steadily(const struct lab_frames *frames, int fd)
{
	const uint64_t step_ns = SECOND_NS / LAB_RATE;
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (uint64_t i = 0; i < (uint64_t)LAB_HOURS * 3600 * LAB_RATE; i++) {
		const struct lab_frame *frame = &frames->list[i % frames->count];

		if (send(fd, frame->bytes, frame->size, 0) < 0 && is_gone(errno))
			return;
		next.tv_nsec += (long)step_ns;
		next.tv_sec += next.tv_nsec / SECOND_NS;
		next.tv_nsec %= SECOND_NS;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

static void become_nobody(void)
{
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
			       setresuid(NOBODY, NOBODY, NOBODY) < 0))
		_exit(1);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Among them, the namespace that it came from would live as long as it does. */
static void close_all_but(const int *kept, size_t count)
{
	int from = 3, next;

	do {
		next = INT_MAX;
		for (size_t i = 0; i < count; i++)
			if (kept[i] >= from && kept[i] < next)
				next = kept[i];
		if (next > from)
			close_range((unsigned)from, (unsigned)next - 1, 0);
		from = next == INT_MAX ? next : next + 1;
	} while (next != INT_MAX);
}

/* Of the terminal and the session that started it nothing is kept. */
static void leave_behind(void)
{
	AUTO(closep) int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	if (chdir("/") < 0 || nowhere < 0)
		_exit(1);
	for (int fd = 0; fd <= 2; fd++)
		dup2(nowhere, fd);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_DFL);
	prctl(PR_SET_NAME, "skbscope-lab");
}

static _Noreturn void be_traffic(const struct lab_frames *frames, int fd, int lock, int ready)
{
	const int kept[] = { fd, lock, ready };

	close_all_but(kept, sizeof(kept) / sizeof(*kept));
	leave_behind();
	become_nobody();
	if (write(ready, "", 1) != 1)
		_exit(1);
	close(ready);
	send_steadily(frames, fd);
	_exit(0);
}

int lab_traffic_start(const struct lab_frames *frames, const char *interface, int lock,
		      struct skbscope_error *error)
{
	AUTO(closep) int fd = open_interface(interface, error);
	AUTO(closep) int ready = -1;
	int ends[2];
	pid_t child;
	char byte;

	if (fd < 0)
		return fd;
	if (flock(lock, LOCK_EX) < 0)
		return fail_errno(error, errno, STAGE, "cannot lock the namespace");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail_errno(error, errno, STAGE, "cannot start the traffic");
	ready = ends[0];
	child = fork();
	if (child == 0)
		be_traffic(frames, fd, lock, ends[1]);
	close(ends[1]);
	if (child < 0)
		return fail_errno(error, errno, STAGE, "cannot start the traffic");
	if (read(ready, &byte, 1) == 1)
		return 0;
	return hint(error, fail(error, EPERM, STAGE, "the traffic cannot give up root's rights"),
		    "it takes CAP_SETUID and CAP_SETGID");
}

/* --- a burst ------------------------------------------------------------------------- */

#define AT_ONCE 64u

static uint64_t send_many(const struct lab_frame *frame, int fd)
{
	struct iovec part = { (void *)frame->bytes, frame->size };
	struct mmsghdr messages[AT_ONCE] = { 0 };
	uint64_t sent = 0;

	for (size_t i = 0; i < AT_ONCE; i++)
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &part, .msg_iovlen = 1 };
	while (sent < LAB_BURST) {
		const uint64_t left = LAB_BURST - sent;
		int r = sendmmsg(fd, messages, left < AT_ONCE ? (unsigned)left : AT_ONCE, 0);

		if (r < 0 && is_gone(errno))
			break;
		sent += r > 0 ? (uint64_t)r : 0;
	}
	return sent;
}

static size_t next_cpu(const cpu_set_t *may, size_t from)
{
	while (from < CPU_SETSIZE && !CPU_ISSET(from, may))
		from++;
	return from;
}

static pid_t send_on(size_t cpu, const struct lab_frame *frame, int fd, uint64_t *sent)
{
	pid_t child = fork();
	cpu_set_t one;

	if (child != 0)
		return child;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
	*sent = send_many(frame, fd);
	_exit(0);
}

int lab_traffic_burst(const struct lab_frame *frame, const char *interface, uint64_t *sent,
		      size_t *cpus, struct skbscope_error *error)
{
	AUTO(closep) int fd = open_interface(interface, error);
	uint64_t *each;
	cpu_set_t may;

	if (fd < 0)
		return fd;
	each = mmap(NULL, LAB_BURST_CPUS * sizeof(*each), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (each == MAP_FAILED || sched_getaffinity(0, sizeof(may), &may) < 0)
		return fail_errno(error, errno, STAGE, "cannot prepare a burst");
	for (size_t cpu = next_cpu(&may, 0); cpu < CPU_SETSIZE && *cpus < LAB_BURST_CPUS;
	     cpu = next_cpu(&may, cpu + 1))
		if (send_on(cpu, frame, fd, &each[*cpus]) > 0)
			++*cpus;
	for (size_t i = 0; i < *cpus; i++)
		while (wait(NULL) < 0 && errno == EINTR)
			;
	for (size_t i = 0; i < *cpus; i++)
		*sent += each[i];
	munmap(each, LAB_BURST_CPUS * sizeof(*each));
	return 0;
}
