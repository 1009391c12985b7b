/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the control sockets of runs are: root's beside the ledger, another user's in the
 * directory that the system keeps for that user. Both are on a tmpfs, are nobody else's to
 * write to, and are found without asking the environment.
 */
#ifndef RUN_CONTROL_PLACE_H
#define RUN_CONTROL_PLACE_H

#include <sys/socket.h>
#include <sys/types.h>

#include <skbscope/error.h>

#include "base/buffer.h"

/* Appends "/run/skbscope" or "/run/user/UID/skbscope". */
void control_directory(uid_t uid, struct buffer *out);

/* Listens in the effective user's directory, which is made where it is missing, and removes
 * there what runs left that are no more. A descriptor; path gets the socket's. */
int control_listen(struct buffer *path, struct skbscope_error *error);

/* The sockets of one user's runs, dead ones apart; the effective user's are removed. */
struct control_sockets {
	char **paths;
	size_t count;
};
#define CONTROL_SOCKETS_MAX ((size_t)256) /* of one user */
int control_sockets_list(uid_t uid, struct control_sockets *out);
void control_sockets_clear(struct control_sockets *sockets); /* for AUTO() too */

/* To one of them, where that user, and none but that user, listens. peer is the process that
 * does. -ECONNREFUSED: the run is gone; -EACCES: it is not ours to control. */
int control_connect(const char *path, uid_t uid, struct ucred *peer);

#endif
