/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the running kernel offers this process, found out by using it: nothing is
 * concluded from a version number, and nothing stays behind.
 */
#ifndef KERNEL_FEATURES_H
#define KERNEL_FEATURES_H

#include <stdbool.h>
#include <stddef.h>

enum feature_state {
	FEATURE_MISSING,
	FEATURE_PRESENT,
	FEATURE_UNKNOWN, /* could not be tried, mostly for lack of privilege */
};

struct feature {
	const char *name; /* "tcx"; all strings are static */
	enum feature_state state;
	const char *purpose; /* what it is good for */
	const char *remedy;  /* what to do, or what happens instead, where it is missing */
};

/* In the order they matter; *count of them, in a static array that the next call
 * fills again. */
const struct feature *features_probe(size_t *count);

/* At least one of the hooks is there, or could not be tried. */
bool features_can_attach(const struct feature *features, size_t count);

#endif
