/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is there as a whole or not at all: what was there stays until then. */
#ifndef RUN_WRITTEN_FILE_H
#define RUN_WRITTEN_FILE_H

#include <skbscope/error.h>

struct written_file {
	const char *path; /* borrowed */
	char *temporary;  /* in the same directory; NULL: there is none */
	int fd;
};
#define WRITTEN_FILE_INIT                                                                          \
	{                                                                                          \
		.fd = -1                                                                           \
	}

int written_file_open(struct written_file *file, const char *path, struct skbscope_error *error);
int written_file_finish(struct written_file *file, struct skbscope_error *error);
void written_file_clear(struct written_file *file); /* for AUTO(); without finish: no trace */

#endif
