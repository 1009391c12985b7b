/* SPDX-License-Identifier: Apache-2.0 */
/* The runs that "skbscope ctl" can reach, and asking one of them something. */
#ifndef CLI_CTL_RUNS_H
#define CLI_CTL_RUNS_H

#include <sys/types.h>

#include "run/control_place.h"
#include "run/control_protocol.h"

struct ctl_run {
	char *path; /* its socket */
	pid_t pid;
	uid_t uid;
	struct buffer text; /* what it said of itself */
	struct control_about about;
};

struct ctl_runs {
	struct ctl_run *items;
	size_t count;
	size_t silent; /* that gave no answer */
	size_t roots;  /* that only root may ask; 0 for root */
};

/* One's own, and for root all users'. */
int ctl_runs_find(struct ctl_runs *out, struct skbscope_error *error);
void ctl_runs_clear(struct ctl_runs *runs); /* for AUTO() too */

/* Waits for the answer, whose bytes are put into *bytes. */
int ctl_run_ask(const struct ctl_run *run, const struct control_request *request,
		struct buffer *bytes, struct control_answer *answer, struct skbscope_error *error);

#endif
