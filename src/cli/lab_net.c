/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/lab_net.h"

#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/paths.h"
#include "cli/lab_traffic.h"
#include "kernel/interfaces.h"
#include "kernel/netns.h"
#include "run/report.h"

#define STAGE SKBSCOPE_STAGE_ATTACH
#define NAMESPACE_FILE NETNS_DIRECTORY "/" LAB_NAMESPACE
#define SAID_MAX 4096u

extern char **environ;

/* --- ip(8) --------------------------------------------------------------------------- */

static int memory_of(const char *text)
{
	int fd = memfd_create("skbscope-lab", MFD_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, text, strlen(text));
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		closep(&fd);
	return r < 0 ? r : fd;
}

static int spawn_ip(char *const words[], int in, int out, pid_t *child)
{
	posix_spawn_file_actions_t actions;
	int r = -posix_spawn_file_actions_init(&actions);

	if (r < 0)
		return r;
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
	r = -posix_spawnp(child, "ip", &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

static int ended_badly(pid_t child, int said, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	bool exists;
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return fail_errno(error, errno, STAGE, "cannot wait for ip");
	if (status == 0)
		return 0;
	if (lseek(said, 0, SEEK_SET) == 0)
		read_descriptor(said, SAID_MAX, &text);
	exists = strstr(buffer_text(&text), "File exists");
	fail(error, exists ? EEXIST : EPERM, STAGE, "ip failed: %.*s",
	     (int)strcspn(buffer_text(&text), "\n"), buffer_text(&text));
	if (exists)
		return hint(error, -EEXIST,
			    "there is a " LAB_INTERFACE " that is not the labs': \"ip link\" shows "
			    "it");
	return hint(error, -EPERM,
		    "it takes CAP_SYS_ADMIN and CAP_NET_ADMIN, which root has: use sudo");
}

/* Lines of "ip -batch", in a namespace (NULL: this one). */
static int ip(const char *namespace, const char *lines, struct skbscope_error *error)
{
	AUTO(closep) int in = memory_of(lines);
	AUTO(closep) int said = memory_of("");
	char *here[] = { "ip", "-batch", "/dev/stdin", NULL };
	char *there[] = { "ip", "-n", (char *)namespace, "-batch", "/dev/stdin", NULL };
	pid_t child;
	int r = in < 0 ? in : said < 0 ? said : 0;

	if (r == 0)
		r = spawn_ip(namespace ? there : here, in, said, &child);
	if (r == -ENOENT)
		return hint(error, fail(error, ENOENT, STAGE, "there is no ip on this machine"),
			    "install iproute2 (Debian), or iproute (Fedora)");
	return r < 0 ? fail_errno(error, r, STAGE, "cannot run ip")
		     : ended_badly(child, said, error);
}

/* --- where it is --------------------------------------------------------------------- */

enum place {
	HERE,
	ELSEWHERE, /* made in another network namespace: names under /run/netns are known in all */
	UNLINKED,  /* somebody has removed the interface */
};

static bool is_up(void)
{
	return access(NAMESPACE_FILE, F_OK) == 0;
}

static int find_peer(int namespace, struct interface *peer, struct skbscope_error *error)
{
	AUTO(netns_leavep) struct netns_visit visit = NETNS_VISIT_INIT;
	int r = netns_enter(&visit, namespace, error);

	if (r == 0 && interface_find(LAB_PEER, peer) < 0)
		*peer = (struct interface){ 0 };
	return r;
}

/* Ends of a pair have each other's number. */
static int find_place(int namespace, enum place *place, struct skbscope_error *error)
{
	struct interface own = { 0 }, peer = { 0 };
	int r = find_peer(namespace, &peer, error);

	if (r < 0)
		return r;
	if (!peer.ifindex)
		*place = UNLINKED;
	else if (interface_find(LAB_INTERFACE, &own) == 0 && own.ifindex == peer.link &&
		 own.link == peer.ifindex)
		*place = HERE;
	else
		*place = ELSEWHERE;
	return 0;
}

static int fail_elsewhere(struct skbscope_error *error)
{
	return hint(error,
		    fail(error, EXDEV, STAGE,
			 "the labs' network is up in another network namespace: its " LAB_INTERFACE
			 " is not here"),
		    "there can be one on a machine; use it, or take it down, where it was made");
}

/* --- up ------------------------------------------------------------------------------ */

static int fail_up_already(struct skbscope_error *error)
{
	AUTO(closep) int namespace = netns_open(LAB_NAMESPACE, NULL);
	enum place place;

	if (namespace >= 0 && find_place(namespace, &place, NULL) == 0 && place == ELSEWHERE)
		return fail_elsewhere(error);
	return hint(error, fail(error, EEXIST, STAGE, "the labs' network is up already"),
		    "to begin anew: skbscope lab net down, then up");
}

/* Addresses that belong to nobody. The traffic itself is for another card's address, so that this
 * machine answers none of it. */
static int make(struct skbscope_error *error)
{
	int r = ip(NULL,
		   "link add " LAB_INTERFACE " type veth peer name " LAB_PEER
		   " netns " LAB_NAMESPACE "\n"
		   "address add 198.51.100.1/24 dev " LAB_INTERFACE "\n"
		   "link set " LAB_INTERFACE " up\n",
		   error);

	if (r == 0)
		r = ip(LAB_NAMESPACE,
		       "link set lo up\n"
		       "address add 198.51.100.2/24 dev " LAB_PEER "\n"
		       "link set " LAB_PEER " up\n",
		       error);
	return r;
}

static int read_frames(struct arena *arena, struct lab_frames *frames, struct skbscope_error *error)
{
	const char *path = arena ? arena_printf(arena, "%s/traffic", paths_get()->labs) : NULL;

	return path ? lab_frames_read(path, arena, frames, error)
		    : fail_memory(error, SKBSCOPE_STAGE_READ);
}

static int begin_traffic(struct skbscope_error *error)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(netns_leavep) struct netns_visit visit = NETNS_VISIT_INIT;
	AUTO(closep) int namespace = -1;
	struct lab_frames frames;
	int r = read_frames(arena, &frames, error);

	if (r == 0)
		r = namespace = netns_open(LAB_NAMESPACE, error);
	if (r >= 0)
		r = netns_enter(&visit, namespace, error);
	return r < 0 ? r : lab_traffic_start(&frames, LAB_PEER, namespace, error);
}

int lab_net_up(bool quiet, struct skbscope_error *error)
{
	struct skbscope_error ignored;
	int r;

	if (is_up())
		return fail_up_already(error);
	/* Of several at once one can add it, and what is there is that one's. */
	r = ip(NULL, "netns add " LAB_NAMESPACE "\n", error);
	if (r < 0)
		return r == -EEXIST ? fail_up_already(error) : r;
	r = make(error);
	if (r == 0)
		r = begin_traffic(error);
	if (r < 0 && is_up())
		lab_net_down(true, &ignored);
	if (r == 0 && !quiet)
		report_say(LAB_INTERFACE
			   " is up: %u packets a second come in from the namespace " LAB_NAMESPACE
			   ", for %u hours or until: skbscope lab net down",
			   LAB_RATE, LAB_HOURS);
	return r;
}

/* --- down ---------------------------------------------------------------------------- */

/* Without the interface the traffic has nowhere to go, and ends. */
static void wait_for_traffic(int namespace)
{
	const struct timespec moment = { .tv_nsec = 10000000 };

	for (int i = 0; i < 500 && namespace >= 0; i++) {
		if (flock(namespace, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			return;
		nanosleep(&moment, NULL);
	}
}

int lab_net_down(bool quiet, struct skbscope_error *error)
{
	AUTO(closep) int namespace = -1;
	enum place place = UNLINKED;
	int r;

	if (!is_up()) {
		if (!quiet)
			report_say("the labs' network is not up");
		return 0;
	}
	r = namespace = netns_open(LAB_NAMESPACE, error);
	if (r >= 0)
		r = find_place(namespace, &place, error);
	if (r == 0 && place == ELSEWHERE)
		r = fail_elsewhere(error);
	/* Its other end goes with it: a lab0 that is somebody else's stays. */
	if (r == 0 && place == HERE)
		r = ip(LAB_NAMESPACE, "link delete " LAB_PEER "\n", error);
	if (r < 0)
		return r;
	wait_for_traffic(namespace);
	closep(&namespace);
	r = ip(NULL, "netns delete " LAB_NAMESPACE "\n", error);
	if (r == 0 && !quiet)
		report_say("the labs' network is gone");
	return r;
}

/* --- burst --------------------------------------------------------------------------- */

static int fail_unlinked(struct skbscope_error *error)
{
	return hint(error,
		    fail(error, ENODEV, STAGE,
			 "nothing can come in: " LAB_INTERFACE " was removed, or is not up"),
		    "to begin anew: skbscope lab net down, then up");
}

int lab_net_burst(struct skbscope_error *error)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(netns_leavep) struct netns_visit visit = NETNS_VISIT_INIT;
	AUTO(closep) int namespace = -1;
	enum place place = UNLINKED;
	struct lab_frames frames;
	uint64_t sent = 0;
	size_t cpus = 0;
	int r;

	if (!is_up())
		return hint(error, fail(error, ENOENT, STAGE, "the labs' network is not up"),
			    "skbscope lab net up makes it");
	r = read_frames(arena, &frames, error);
	if (r == 0)
		r = namespace = netns_open(LAB_NAMESPACE, error);
	if (r >= 0)
		r = find_place(namespace, &place, error);
	if (r == 0 && place == ELSEWHERE)
		r = fail_elsewhere(error);
	if (r == 0 && place == UNLINKED)
		r = fail_unlinked(error);
	if (r == 0)
		r = netns_enter(&visit, namespace, error);
	if (r >= 0)
		r = lab_traffic_burst(&frames.list[0], LAB_PEER, &sent, &cpus, error);
	if (r == 0 && !sent)
		r = fail_unlinked(error);
	if (r < 0)
		return r;
	report_say("%" PRIu64 " packets came in at once, on %zu CPU%s", sent, cpus,
		   cpus == 1 ? "" : "s");
	return 0;
}
