/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of a test's own, which goes when the test does. */
#ifndef TEST_HOME_H
#define TEST_HOME_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

static char home[32];

static inline int home_remove_one(const char *path, const struct stat *status, int type,
				  struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static inline int remove_tree(const char *path)
{
	return nftw(path, home_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void home_remove(void)
{
	remove_tree(home);
}

/* Made where there is none, and empty; the compiler, who is nobody, may look into it. */
static inline void home_make(void)
{
	if (home[0] ? remove_tree(home) < 0 || mkdir(home, 0755) < 0
		    : !mkdtemp(strcpy(home, "/tmp/skbscope-test-XXXXXX")) ||
			      chmod(home, 0755) < 0 || atexit(home_remove) != 0)
		abort();
}

/* Good until the fourth after it. */
static inline const char *in_home(const char *name)
{
	static char paths[4][160];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", home, name);
	return path;
}

static inline void write_text(const char *path, const char *text)
{
	AUTO(closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write_all(fd, text, strlen(text)) < 0)
		abort();
}

/* Until file times tell what happens now from what happened before: their clock is
 * coarse. */
static inline void settle(void)
{
	const uint64_t written_ns = clock_wall_ns();

	while (clock_file_ns() <= written_ns)
		usleep(1000);
}

#endif
