/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking /sys/kernel/kheaders.tar.xz. tar does it, as a child: it is on every
 * machine, it is needed once for each kernel, and linking a second archiver with
 * its own xz for that would cost every start of the program.
 */
#include "compile/kheaders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/hash.h"

/* Ours alone to write: else somebody may have planted what root will compile. */
static int check_owner(const char *path)
{
	AUTO(closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	return status.st_uid == geteuid() && !(status.st_mode & (S_IWGRP | S_IWOTH)) ? 0 : -EPERM;
}

static int make_directories(char *path)
{
	for (char *slash = path + 1;; slash++) {
		char end = *slash;
		int r;

		if (end != '/' && end != '\0')
			continue;
		*slash = '\0';
		r = mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
		*slash = end;
		if (r < 0 || end == '\0')
			return r;
	}
}

static int default_cache(char *path, size_t size)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int length;

	if (geteuid() == 0)
		length = snprintf(path, size, "/var/cache/skbscope");
	else if (cache && cache[0] == '/')
		length = snprintf(path, size, "%s/skbscope", cache);
	else if (home && home[0] == '/')
		length = snprintf(path, size, "%s/.cache/skbscope", home);
	else
		return -ENOENT;
	return (size_t)length < size ? 0 : -ENAMETOOLONG;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static int run_tar(const char *archive, const char *directory)
{
	static const char *const places[] = { "/usr/bin/tar", "/bin/tar" };
	char *arguments[] = { (char *)"tar",
			      (char *)"--extract",
			      (char *)"--xz",
			      (char *)"--no-same-owner",
			      (char *)"--preserve-permissions",
			      (char *)"--file",
			      (char *)archive,
			      (char *)"--directory",
			      (char *)directory,
			      NULL };
	/* tar looks for xz in PATH; nothing else of the caller's environment matters. */
	char *environment[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	posix_spawn_file_actions_t actions;
	int status, r = ENOMEM;
	pid_t child;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return -ENOMEM;
	if (posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) == 0 &&
	    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) == 0 &&
	    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) == 0)
		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
			r = posix_spawn(&child, places[i], &actions, NULL, arguments, environment);
			if (r != ENOENT)
				break;
		}
	posix_spawn_file_actions_destroy(&actions);
	if (r != 0)
		return -r;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

int kheaders_unpack(const struct kernel_places *places, char *path, size_t size,
		    struct skbscope_error *error)
{
	char cache[PATH_MAX - 256], temporary[PATH_MAX], release[128];
	int length, r;

	if (places->cache)
		r = (size_t)snprintf(cache, sizeof(cache), "%s", places->cache) < sizeof(cache)
			    ? 0
			    : -ENAMETOOLONG;
	else
		r = default_cache(cache, sizeof(cache));
	if (r == 0)
		r = make_directories(cache);
	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_COMPILE,
				  "no place to unpack the kernel's headers to");
	r = check_owner(cache);
	if (r < 0)
		return hint(error,
			    fail(error, r, SKBSCOPE_STAGE_COMPILE,
				 "'%s' is not safe for the kernel's headers: others can write "
				 "to it",
				 cache),
			    "make it yours alone (chmod go-w), or remove it");

	snprintf(release, sizeof(release), "%s", places->release);
	for (char *slash = release; (slash = strchr(slash, '/'));)
		*slash = '_';
	length = snprintf(path, size, "%s/kheaders-%s-%016" PRIx64, cache, release,
			  hash_bytes(HASH_INIT, places->build, strlen(places->build)));
	if (length < 0 || (size_t)length >= size)
		return fail(error, ENAMETOOLONG, SKBSCOPE_STAGE_COMPILE,
			    "the cache directory's name is too long");
	if (check_owner(path) == 0)
		return 0;

	snprintf(temporary, sizeof(temporary), "%s/.unpacking-XXXXXX", cache);
	if (!mkdtemp(temporary))
		return fail_errno(error, errno, SKBSCOPE_STAGE_COMPILE,
				  "cannot unpack the kernel's headers into '%s'", cache);
	r = run_tar(places->archive, temporary);
	/* The compiler runs as somebody else and must be able to read it. */
	if (r == 0 && (chmod(temporary, 0755) < 0 || rename(temporary, path) < 0))
		r = -errno;
	if (r < 0)
		nftw(temporary, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	/* Another process may have been faster; its tree is as good. */
	if (r < 0 && check_owner(path) == 0)
		return 0;
	if (r < 0)
		return hint(error,
			    fail_errno(error, r, SKBSCOPE_STAGE_COMPILE, "cannot unpack '%s'",
				       places->archive),
			    "tar and xz are needed for it");
	return 0;
}
