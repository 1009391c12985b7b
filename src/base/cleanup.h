/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory and descriptors that release themselves at the end of their scope, and
 * TAKE, which marks the one line where ownership leaves it.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define AUTO(function) __attribute__((cleanup(function)))

#define TAKE(pointer)                                                                              \
	__extension__({                                                                            \
		__typeof__(pointer) taken_ = (pointer);                                            \
		(pointer) = NULL;                                                                  \
		taken_;                                                                            \
	})

#define TAKE_FD(fd)                                                                                \
	__extension__({                                                                            \
		int taken_ = (fd);                                                                 \
		(fd) = -1;                                                                         \
		taken_;                                                                            \
	})

static inline void freep(void *pointer)
{
	void **p = pointer;

	free(*p);
	*p = NULL;
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static inline void fclosep(FILE **stream)
{
	if (*stream)
		fclose(*stream);
	*stream = NULL;
}

static inline void closedirp(DIR **directory)
{
	if (*directory)
		closedir(*directory);
	*directory = NULL;
}

#endif
