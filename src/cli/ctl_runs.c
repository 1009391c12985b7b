/* SPDX-License-Identifier: Apache-2.0 */
/* The client's end of a control socket. Who listens may be any user's process: it gets so much
 * time, and what it says is read as a stranger's. */
#include "cli/ctl_runs.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE
#define MS_NS UINT64_C(1000000)
#define SECOND_NS UINT64_C(1000000000)
#define ANSWER_NS (10 * SECOND_NS) /* a run may be at a long reading */
#define GREETING_NS (4 * SECOND_NS)
#define OTHERS_NS (900 * MS_NS) /* of root's time, for all runs of other users together */

static int wait_for(int fd, short events, uint64_t until_ns)
{
	struct pollfd polled = { .fd = fd, .events = events };
	const uint64_t now = clock_monotonic_ns();
	const uint64_t left_ms = until_ns > now ? (until_ns - now) / MS_NS + 1 : 0;
	int r;

	if (!left_ms)
		return -ETIMEDOUT;
	do
		r = poll(&polled, 1, left_ms > 60000 ? 60000 : (int)left_ms);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

/* A run that refuses what it was sent answers all the same. */
static int send_all(int fd, const struct buffer *bytes, uint64_t until_ns)
{
	size_t sent = 0;

	while (sent < bytes->length) {
		ssize_t n = send(fd, bytes->data + sent, bytes->length - sent, MSG_NOSIGNAL);
		int r;

		if (n > 0) {
			sent += (size_t)n;
			continue;
		}
		if (errno == EPIPE || errno == ECONNRESET)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		r = wait_for(fd, POLLOUT, until_ns);
		if (r < 0)
			return r;
	}
	shutdown(fd, SHUT_WR);
	return 0;
}

static int receive_all(int fd, struct buffer *out, uint64_t until_ns)
{
	char piece[65536];

	for (;;) {
		ssize_t n = recv(fd, piece, sizeof(piece), 0);
		int r;

		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return 0;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n > 0) {
			buffer_append(out, piece, (size_t)n);
			if (out->failed)
				return -ENOMEM;
			if (out->length > CONTROL_ANSWER_MAX)
				return -EMSGSIZE;
			continue;
		}
		r = wait_for(fd, POLLIN, until_ns);
		if (r < 0)
			return r;
	}
}

static int exchange(const struct ctl_run *run, const struct control_request *request,
		    uint64_t until_ns, struct ucred *peer, struct buffer *bytes)
{
	AUTO(closep) int fd = control_connect(run->path, run->uid, peer);
	AUTO(buffer_free) struct buffer words = { 0 };
	int r;

	if (fd < 0)
		return fd;
	control_request_write(request, &words);
	if (words.failed)
		return -ENOMEM;
	r = send_all(fd, &words, until_ns);
	return r < 0 ? r : receive_all(fd, bytes, until_ns);
}

static int ask(const struct ctl_run *run, const struct control_request *request, uint64_t until_ns,
	       struct buffer *bytes, struct control_answer *answer, struct ucred *peer,
	       struct skbscope_error *error)
{
	int r = exchange(run, request, until_ns, peer, bytes);

	if (r == -ETIMEDOUT || r == -EAGAIN)
		return hint(
			error,
			fail(error, ETIMEDOUT, STAGE, "process %d does not answer", (int)run->pid),
			"it may be stopped, or be at a long reading");
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot ask process %d", (int)run->pid);
	return control_answer_parse(bytes, answer, error);
}

int ctl_run_ask(const struct ctl_run *run, const struct control_request *request,
		struct buffer *bytes, struct control_answer *answer, struct skbscope_error *error)
{
	struct ucred peer;
	/* The end of a run takes as long as it takes. */
	uint64_t until =
		request->verb == CONTROL_STOP ? UINT64_MAX : clock_monotonic_ns() + ANSWER_NS;

	return ask(run, request, until, bytes, answer, &peer, error);
}

static void run_clear(struct ctl_run *run)
{
	free(TAKE(run->path));
	buffer_free(&run->text);
	control_about_clear(&run->about);
}

/* 1: it is there, and ours to ask; 0: it is not. */
static int introduce(struct ctl_run *run, uint64_t until_ns)
{
	const struct control_request list = { .verb = CONTROL_LIST };
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct control_answer answer;
	struct skbscope_error ignored;
	struct ucred peer;
	int r = ask(run, &list, until_ns, &bytes, &answer, &peer, &ignored);

	if (r == -ECONNREFUSED || r == -ENOENT)
		return 0;
	if (r < 0 || answer.status != 0)
		return -EIO;
	run->pid = peer.pid;
	buffer_append(&run->text, answer.out.text, answer.out.length);
	r = run->text.failed ? -ENOMEM : control_about_parse(&run->text, &run->about, &ignored);
	return r < 0 ? -EIO : 1;
}

static int add_users(struct ctl_runs *runs, uid_t uid, uint64_t latest_ns)
{
	AUTO(control_sockets_clear) struct control_sockets sockets = { 0 };
	int r = control_sockets_list(uid, &sockets);

	for (size_t i = 0; r == 0 && i < sockets.count; i++) {
		struct ctl_run *grown =
			reallocarray(runs->items, runs->count + 1, sizeof(*runs->items));
		const uint64_t greeted_ns = clock_monotonic_ns() + GREETING_NS;
		struct ctl_run *run;
		int found;

		if (!grown)
			return -ENOMEM;
		runs->items = grown;
		run = &grown[runs->count];
		*run = (struct ctl_run){ .path = TAKE(sockets.paths[i]), .uid = uid };
		found = introduce(run, greeted_ns < latest_ns ? greeted_ns : latest_ns);
		runs->silent += found < 0;
		if (found > 0)
			runs->count++;
		else
			run_clear(run);
	}
	return r;
}

static int add_others(struct ctl_runs *runs)
{
	AUTO(closedirp) DIR *users = opendir("/run/user");
	const uint64_t until_ns = clock_monotonic_ns() + OTHERS_NS;
	struct dirent *user;
	int r = 0;

	while (users && r == 0 && (user = readdir(users))) {
		uint64_t uid;

		if (text_number(user->d_name, &uid) && uid && uid < UINT32_MAX)
			r = add_users(runs, (uid_t)uid, until_ns);
	}
	return r;
}

static int compare_pids(const void *a, const void *b)
{
	const struct ctl_run *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

int ctl_runs_find(struct ctl_runs *out, struct skbscope_error *error)
{
	AUTO(control_sockets_clear) struct control_sockets roots = { 0 };
	int r = add_users(out, geteuid(), UINT64_MAX);

	if (r == 0 && geteuid() == 0)
		r = add_others(out);
	else if (r == 0 && control_sockets_list(0, &roots) == 0)
		out->roots = roots.count;
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), compare_pids);
	return r < 0 ? fail_errno(error, r, STAGE, "cannot look for runs") : 0;
}

void ctl_runs_clear(struct ctl_runs *runs)
{
	for (size_t i = 0; i < runs->count; i++)
		run_clear(&runs->items[i]);
	free(TAKE(runs->items));
	runs->count = 0;
}
