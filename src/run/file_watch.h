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

#include <skbscope/compile.h>

struct files;

int files_new(struct files **out);
void files_free(struct files *files);    /* accepts NULL */
int files_fd(const struct files *files); /* readable: call files_heard() */

/* From now on these: what a compilation read, and what it looked for in vain. True if
 * one that was not watched before has changed since then (wall clock): nobody would
 * have heard of it. *changed is written only on success. */
int files_watch(struct files *files, const struct skbscope_compile_files *depends,
		uint64_t since_ns, bool *changed);
/* Whether these are watched already, in whichever order. */
bool files_are(const struct files *files, const struct skbscope_compile_files *depends);
/* Only the program itself, as long as nothing else is known. */
int files_watch_program(struct files *files, const char *path);
size_t files_count(const struct files *files); /* of those that exist, or existed */

/* Takes what was heard; whether it may have been about the files. */
bool files_heard(struct files *files);

/* What is in the files, who may read them, and which are not there. */
struct files_state {
	uint64_t fingerprint; /* differs when anything did */
	uint64_t contents;    /* differs when what is in them did, and which there are */
	bool unsettled;       /* one is gone or just became empty: often not for long */
};
struct files_state files_look(const struct files *files);

#endif
