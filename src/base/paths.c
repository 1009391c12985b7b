/* SPDX-License-Identifier: Apache-2.0 */
/* Finding our own files from where the executable stands. */
#include "base/paths.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
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

/* /usr/local/bin/skbscope is installed under the prefix /usr/local. */
static void prefix_of_executable(char *prefix, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", prefix, size - 1);

	prefix[length > 0 ? length : 0] = '\0';
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(prefix, '/');

		if (slash)
			*slash = '\0';
	}
}

static bool executable_is_in(const char *directory)
{
	char executable[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", executable, sizeof(executable) - 1);
	size_t prefix = strlen(directory);

	executable[length > 0 ? length : 0] = '\0';
	return strncmp(executable, directory, prefix) == 0 && executable[prefix] == '/';
}

const struct paths *paths_get(void)
{
	char prefix[PATH_MAX];

	if (known)
		return &paths;
	snprintf(paths.worker, sizeof(paths.worker), "%s", SKBSCOPE_INSTALLED_WORKER);
	snprintf(paths.programs, sizeof(paths.programs), "%s", SKBSCOPE_INSTALLED_PROGRAMS);
	snprintf(paths.headers, sizeof(paths.headers), "%s", SKBSCOPE_INSTALLED_HEADERS);
	prefix_of_executable(prefix, sizeof(prefix));
	prefer(paths.worker, sizeof(paths.worker), prefix, SKBSCOPE_RELATIVE_WORKER);
	prefer(paths.programs, sizeof(paths.programs), prefix, SKBSCOPE_RELATIVE_PROGRAMS);
	prefer(paths.headers, sizeof(paths.headers), prefix, SKBSCOPE_RELATIVE_HEADERS);
	if (executable_is_in(SKBSCOPE_BUILD_DIR)) {
		prefer(paths.worker, sizeof(paths.worker), SKBSCOPE_BUILD_DIR, "skbscope-compile");
		prefer(paths.programs, sizeof(paths.programs), SKBSCOPE_SOURCE_DIR, "programs");
		prefer(paths.headers, sizeof(paths.headers), SKBSCOPE_SOURCE_DIR,
		       "programs/kernel");
	}
	known = true;
	return &paths;
}
