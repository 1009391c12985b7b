/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hearing of changes to a set of files, whatever way an editor saves them: written
 * in place, renamed over, deleted and made anew, through symbolic links, in
 * directories that come and go. No polling: inotify(7) on the directories.
 */
#ifndef RUN_FILE_WATCH_H
#define RUN_FILE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compile/inputs.h"

struct files;

int files_new(struct files **out);
void files_free(struct files *files);    /* accepts NULL */
int files_fd(const struct files *files); /* readable: call files_heard() */

/* From now on these, as far as they are the user's own; borrowed until the next call. */
int files_watch(struct files *files, const struct skbscope_inputs *inputs);
size_t files_count(const struct files *files); /* of those that were read */

/* Takes what was heard; whether it may have been about the files. */
bool files_heard(struct files *files);

#endif
