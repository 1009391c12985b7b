/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking /sys/kernel/kheaders.tar.xz. tar does it, as a child: it is on every
 * machine, it is needed once for each kernel, and linking a second archiver with
 * its own xz for that would cost every start of the program.
 */
#include "compile/headers.h"

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
#include "base/private_dir.h"

/* An unpacked tree that nobody else can have written to. */
static bool is_there(const char *path)
{
	AUTO(closep) int fd = private_dir_open(path, 0);

	return fd >= 0;
}

/* Makes the place where trees are kept, each under its own name. */
static int open_cache(const struct kernel_places *places, struct buffer *path,
		      struct skbscope_error *error)
{
	AUTO(closep) int fd = -1;
	int r = 0;

	if (places->cache)
		buffer_string(path, places->cache);
	else
		r = private_dir_cache(path);
	if (r == 0 && path->failed)
		return fail_memory(error, SKBSCOPE_STAGE_COMPILE);
	/* What is in it is for the compiler to read, which runs as another user. */
	if (r == 0)
		r = fd = private_dir_open(buffer_text(path), 0755);
	if (r == -EPERM)
		return hint(error,
			    fail(error, r, SKBSCOPE_STAGE_COMPILE,
				 "'%s' is not safe for the kernel's headers: others can write "
				 "to it",
				 buffer_text(path)),
			    "let nobody else write to it (chmod go-w), or remove it");
	return r < 0 ? fail_errno(error, r, SKBSCOPE_STAGE_COMPILE,
				  "cannot use a directory to unpack the kernel's headers into")
		     : 0;
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
	AUTO(buffer_free) struct buffer cache = { 0 };
	char temporary[PATH_MAX], release[128];
	int length, r = open_cache(places, &cache, error);

	if (r < 0)
		return r;
	snprintf(release, sizeof(release), "%s", places->release);
	for (char *slash = release; (slash = strchr(slash, '/'));)
		*slash = '_';
	length = snprintf(path, size, "%s/kheaders-%s-%016" PRIx64, buffer_text(&cache), release,
			  hash_bytes(HASH_INIT, places->build, strlen(places->build)));
	if (length < 0 || (size_t)length >= size ||
	    snprintf(temporary, sizeof(temporary), "%s/.unpacking-XXXXXX", buffer_text(&cache)) >=
		    (int)sizeof(temporary))
		return fail(error, ENAMETOOLONG, SKBSCOPE_STAGE_COMPILE,
			    "the cache directory's name is too long");
	if (is_there(path))
		return 0;

	if (!mkdtemp(temporary))
		return fail_errno(error, errno, SKBSCOPE_STAGE_COMPILE,
				  "cannot unpack the kernel's headers into '%s'",
				  buffer_text(&cache));
	r = run_tar(places->archive, temporary);
	/* The compiler runs as somebody else and must be able to read it. */
	if (r == 0 && (chmod(temporary, 0755) < 0 || rename(temporary, path) < 0))
		r = -errno;
	if (r < 0)
		nftw(temporary, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	/* Another process may have been faster; its tree is as good. */
	if (r < 0 && is_there(path))
		return 0;
	if (r < 0)
		return hint(error,
			    fail_errno(error, r, SKBSCOPE_STAGE_COMPILE, "cannot unpack '%s'",
				       places->archive),
			    "this needs tar and xz");
	return 0;
}
