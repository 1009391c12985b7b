/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where our own files are: in the build tree when the executable is there, else
 * beside the executable's prefix, so that an installation can be moved, else
 * under the prefix it was configured with (for programs that embed the library).
 */
#ifndef BASE_PATHS_H
#define BASE_PATHS_H

struct paths {
	char worker[4096];   /* the skbscope-compile executable */
	char serve[4096];    /* the skbscope-serve executable */
	char http[4096];     /* the skbscope-http executable */
	char programs[4096]; /* bundled programs; their headers in include/ below it */
	char headers[4096];  /* the small kernel header tree */
	char labs[4096];     /* exercises: pages, skeletons, tests that grade */
};

/* Asks the file system once; the result is for the life of the process. A file
 * that is nowhere keeps the path where it should have been installed. */
const struct paths *paths_get(void);

#endif
