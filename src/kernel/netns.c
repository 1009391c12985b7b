/* SPDX-License-Identifier: Apache-2.0 */
/* Network namespaces: finding them, visiting them, knowing them again. */
#include "kernel/netns.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "kernel/abi.h"

#define STAGE SKBSCOPE_STAGE_ATTACH
#define OWN "/proc/thread-self/ns/net"

/* A look comes first: opening a device or a pipe can do something, or wait for ever. */
static int open_namespace(const char *path)
{
	AUTO(closep) int place = open(path, O_PATH | O_CLOEXEC);
	struct statfs system;
	char name[64];
	int fd;

	if (place < 0 || fstatfs(place, &system) < 0)
		return -errno;
	if ((unsigned long)system.f_type != NSFS_MAGIC)
		return -EINVAL;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", place);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int stat_identity(int fd, struct netns_identity *out)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	out->device = status.st_dev;
	out->inode = status.st_ino;
	return 0;
}

int netns_identity(struct netns_identity *out)
{
	AUTO(closep) int fd = open_namespace(OWN);
	AUTO(closep) int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t length = sizeof(out->cookie);

	memset(out, 0, sizeof(*out));
	if (fd < 0)
		return fd;
	if (sock < 0 ||
	    getsockopt(sock, SOL_SOCKET, ABI_SO_NETNS_COOKIE, &out->cookie, &length) < 0)
		out->cookie = 0;
	return stat_identity(fd, out);
}

bool netns_same(const struct netns_identity *a, const struct netns_identity *b)
{
	if (a->cookie && b->cookie)
		return a->cookie == b->cookie;
	return a->device == b->device && a->inode == b->inode;
}

static int no_such_namespace(const char *specification, int code, struct skbscope_error *error)
{
	if (code == -EPERM || code == -EACCES)
		return hint(error,
			    fail_errno(error, code, STAGE, "cannot open the network namespace '%s'",
				       specification),
			    "another user's namespace needs root");
	if (code == -EINVAL)
		code = fail(error, code, STAGE, "'%s' is not a network namespace", specification);
	else
		code = fail_errno(error, code, STAGE, "there is no network namespace '%s'",
				  specification);
	return hint(error, code,
		    "give a name from \"ip netns list\", a PID, or a path such as "
		    "/proc/PID/ns/net");
}

int netns_open(const char *specification, struct skbscope_error *error)
{
	char path[4096];
	uint64_t pid;
	AUTO(closep) int fd = -1;

	if (!specification) {
		fd = open_namespace(OWN);
		return fd < 0 ? fail_errno(error, fd, STAGE, "cannot open %s", OWN) : TAKE_FD(fd);
	}
	if (strchr(specification, '/')) {
		snprintf(path, sizeof(path), "%s", specification);
	} else if (!*specification || strcmp(specification, ".") == 0 ||
		   strcmp(specification, "..") == 0) {
		return no_such_namespace(specification, -EINVAL, error);
	} else {
		/* A name wins over a PID: whoever names a namespace 23 means it. */
		snprintf(path, sizeof(path), NETNS_DIRECTORY "/%s", specification);
		if (access(path, F_OK) < 0 && text_number(specification, &pid))
			snprintf(path, sizeof(path), "/proc/%llu/ns/net", (unsigned long long)pid);
	}
	fd = open_namespace(path);
	if (fd < 0)
		return no_such_namespace(specification, fd, error);
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return no_such_namespace(specification, -EINVAL, error);
	return TAKE_FD(fd);
}

void netns_path(const char *specification, struct netns_guess *out)
{
	AUTO(freep) char *path = NULL;

	out->path[0] = '\0';
	if (!specification || !strchr(specification, '/'))
		return;
	/* Fails for /proc/PID/ns/net, which leads to no name; processes are looked through. */
	path = realpath(specification, NULL);
	if (path && strlen(path) < sizeof(out->path) && !strchr(path, '\n'))
		strcpy(out->path, path);
}

int netns_enter(struct netns_visit *visit, int fd, struct skbscope_error *error)
{
	struct netns_identity here = { 0 }, there = { 0 };
	AUTO(closep) int home = open_namespace(OWN);

	visit->home = -1;
	if (home < 0)
		return fail_errno(error, home, STAGE, "cannot open %s", OWN);
	if (stat_identity(home, &here) == 0 && stat_identity(fd, &there) == 0 &&
	    netns_same(&here, &there))
		return 0;
	if (setns(fd, CLONE_NEWNET) < 0) {
		int r = fail_errno(error, errno, STAGE, "cannot enter the network namespace");

		if (r == -EINVAL)
			return hint(error, r, "it is not a network namespace");
		return r == -EPERM ? hint(error, r, "entering a namespace needs CAP_SYS_ADMIN") : r;
	}
	visit->home = TAKE_FD(home);
	return 0;
}

int netns_leave(struct netns_visit *visit)
{
	int r = 0;

	if (visit->home < 0)
		return 0;
	if (setns(visit->home, CLONE_NEWNET) < 0)
		r = -errno;
	closep(&visit->home);
	return r;
}

void netns_leavep(struct netns_visit *visit)
{
	netns_leave(visit);
}

/* Too little of something to find out: what is looked for may well be there. */
static bool is_want(int code)
{
	return code == -EMFILE || code == -ENFILE || code == -ENOMEM;
}

/* Knows a namespace by its inode first, and goes in to compare the cookie. 1, 0, or
 * -errno where that cannot be known. */
static int is_wanted(int fd, const struct netns_identity *wanted)
{
	AUTO(netns_leavep) struct netns_visit visit = NETNS_VISIT_INIT;
	struct netns_identity found = { 0 };
	int r;

	if (stat_identity(fd, &found) < 0 || found.device != wanted->device ||
	    found.inode != wanted->inode)
		return 0;
	if (!wanted->cookie)
		return 1;
	r = netns_enter(&visit, fd, NULL);
	if (r == 0)
		r = netns_identity(&found);
	if (r < 0)
		return is_want(r) ? r : 0;
	return netns_same(&found, wanted);
}

static int try_path(const char *path, const struct netns_identity *identity)
{
	AUTO(closep) int fd = open_namespace(path);
	int r = fd < 0 ? fd : is_wanted(fd, identity);

	if (r < 0)
		return is_want(r) ? r : -ENOENT;
	return r ? TAKE_FD(fd) : -ENOENT;
}

static int find_below(const char *directory, const char *suffix, bool numbers_only,
		      const struct netns_identity *identity, struct netns_guess *guess)
{
	AUTO(closedirp) DIR *entries = opendir(directory);
	struct dirent *entry;

	if (!entries)
		return is_want(-errno) ? -errno : -ENOENT;
	while ((entry = readdir(entries))) {
		int fd;

		if (entry->d_name[0] == '.' ||
		    (numbers_only && !isdigit((unsigned char)entry->d_name[0])))
			continue;
		snprintf(guess->path, sizeof(guess->path), "%s/%s%s", directory, entry->d_name,
			 suffix);
		fd = try_path(guess->path, identity);
		if (fd != -ENOENT)
			return fd;
	}
	guess->path[0] = '\0';
	return -ENOENT;
}

int netns_find(const struct netns_identity *identity, struct netns_guess *guess)
{
	struct netns_guess none = { "" };
	int fd = try_path(OWN, identity);

	if (!guess)
		guess = &none;
	if (fd == -ENOENT && guess->path[0])
		fd = try_path(guess->path, identity);
	if (fd == -ENOENT)
		fd = find_below(NETNS_DIRECTORY, "", false, identity, guess);
	return fd == -ENOENT ? find_below("/proc", "/ns/net", true, identity, guess) : fd;
}

int netns_run(const struct netns_identity *identity, struct netns_guess *guess,
	      int (*function)(void *context), void *context)
{
	struct netns_visit visit = NETNS_VISIT_INIT;
	AUTO(closep) int namespace = netns_find(identity, guess);
	int r = namespace < 0 ? namespace : netns_enter(&visit, namespace, NULL), left;

	if (r < 0)
		return r;
	r = function(context);
	left = netns_leave(&visit);
	return left < 0 ? left : r;
}

struct naming {
	uint32_t ifindex;
	char *name;
};

static int name_here(void *context)
{
	const struct naming *naming = context;

	return if_indextoname(naming->ifindex, naming->name) ? 0 : -errno;
}

int netns_interface_name(const struct netns_identity *identity, struct netns_guess *guess,
			 uint32_t ifindex, char name[IF_NAMESIZE])
{
	struct naming naming = { ifindex, name };

	return netns_run(identity, guess, name_here, &naming);
}

static bool has_interface(int fd, const char *interface)
{
	AUTO(netns_leavep) struct netns_visit visit = NETNS_VISIT_INIT;

	/* To the ioctl "v0:1" is v0. */
	return !strchr(interface, ':') && netns_enter(&visit, fd, NULL) == 0 &&
	       if_nametoindex(interface) != 0;
}

void netns_with_interface(const char *interface, char *out, size_t size)
{
	AUTO(closedirp) DIR *entries = opendir(NETNS_DIRECTORY);
	struct dirent *entry;
	size_t used = 0;

	out[0] = '\0';
	while (entries && (entry = readdir(entries)) && used < size) {
		AUTO(closep) int fd = -1;
		char path[512];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), NETNS_DIRECTORY "/%s", entry->d_name);
		fd = open_namespace(path);
		if (fd < 0 || !has_interface(fd, interface))
			continue;
		used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "",
					 entry->d_name);
	}
}
