/* SPDX-License-Identifier: Apache-2.0 */
/* Finding our own files from where the executable stands. */
#include "base/paths.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct paths paths;
static bool known;

static void prefer(char *out, size_t size, const char *prefix, const char *suffix)
{
	char candidate[PATH_MAX];
	int length = snprintf(candidate, sizeof(candidate), "%s/%s", prefix, suffix);

	if (length > 0 && (size_t)length < sizeof(candidate) && access(candidate, F_OK) == 0)
		snprintf(out, size, "%s", candidate);
}

static bool is_below(const char *prefix, const char *file)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s/%s", prefix, file);

	return length > 0 && (size_t)length < sizeof(path) && access(path, F_OK) == 0;
}

/* False if nothing of ours is under it. */
static bool prefer_prefix(const char *prefix)
{
	/* The compiler may not be installed, or may be all that is. */
	if (!is_below(prefix, SKBSCOPE_RELATIVE_WORKER) &&
	    !is_below(prefix, SKBSCOPE_RELATIVE_PROGRAMS))
		return false;
	prefer(paths.worker, sizeof(paths.worker), prefix, SKBSCOPE_RELATIVE_WORKER);
	prefer(paths.serve, sizeof(paths.serve), prefix, SKBSCOPE_RELATIVE_SERVE);
	prefer(paths.http, sizeof(paths.http), prefix, SKBSCOPE_RELATIVE_HTTP);
	prefer(paths.programs, sizeof(paths.programs), prefix, SKBSCOPE_RELATIVE_PROGRAMS);
	prefer(paths.headers, sizeof(paths.headers), prefix, SKBSCOPE_RELATIVE_HEADERS);
	prefer(paths.labs, sizeof(paths.labs), prefix, SKBSCOPE_RELATIVE_LABS);
	return true;
}

/* PREFIX/bin/skbscope, PREFIX/lib/libskbscope.so.0 and
 * PREFIX/lib/TRIPLET/libskbscope.so.0 are two or three levels below the prefix. */
static void prefer_prefix_of(char *file)
{
	for (int level = 1; level <= 3; level++) {
		char *slash = strrchr(file, '/');

		if (!slash)
			return;
		*slash = '\0';
		if (level > 1 && prefer_prefix(file))
			return;
	}
}

/* Where we are a library, in an executable that is somewhere else. Part of an
 * executable, the name here would be argv[0], which may say anything. */
static void prefer_prefix_of_library(void)
{
	char file[PATH_MAX];
	Dl_info info;

	if (dladdr((const void *)&paths, &info) && info.dli_fname &&
	    strstr(info.dli_fname, "/libskbscope.so") && realpath(info.dli_fname, file))
		prefer_prefix_of(file);
}

static bool is_in(const char *file, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(file, directory, length) == 0 && file[length] == '/';
}

const struct paths *paths_get(void)
{
	char executable[PATH_MAX];
	ssize_t length;
	bool is_built;

	if (known)
		return &paths;
	length = readlink("/proc/self/exe", executable, sizeof(executable) - 1);
	executable[length > 0 ? length : 0] = '\0';
	is_built = is_in(executable, SKBSCOPE_BUILD_DIR);
	snprintf(paths.worker, sizeof(paths.worker), "%s", SKBSCOPE_INSTALLED_WORKER);
	snprintf(paths.serve, sizeof(paths.serve), "%s", SKBSCOPE_INSTALLED_SERVE);
	snprintf(paths.http, sizeof(paths.http), "%s", SKBSCOPE_INSTALLED_HTTP);
	snprintf(paths.programs, sizeof(paths.programs), "%s", SKBSCOPE_INSTALLED_PROGRAMS);
	snprintf(paths.headers, sizeof(paths.headers), "%s", SKBSCOPE_INSTALLED_HEADERS);
	snprintf(paths.labs, sizeof(paths.labs), "%s", SKBSCOPE_INSTALLED_LABS);
	prefer_prefix_of(executable); /* which it cuts */
	prefer_prefix_of_library();
	if (is_built) {
		prefer(paths.worker, sizeof(paths.worker), SKBSCOPE_BUILD_DIR, "skbscope-compile");
		prefer(paths.serve, sizeof(paths.serve), SKBSCOPE_BUILD_DIR, "skbscope-serve");
		prefer(paths.http, sizeof(paths.http), SKBSCOPE_BUILD_DIR, "skbscope-http");
		prefer(paths.programs, sizeof(paths.programs), SKBSCOPE_SOURCE_DIR, "programs");
		prefer(paths.headers, sizeof(paths.headers), SKBSCOPE_SOURCE_DIR,
		       "programs/kernel");
		prefer(paths.labs, sizeof(paths.labs), SKBSCOPE_SOURCE_DIR, "docs/labs");
	}
	known = true;
	return &paths;
}
