/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket of a run, for "skbscope ctl": a source of the loop like any other. Root
 * and the user of the run may ask. Bytes, time and connections are bounded, and nothing is
 * waited for, so that a client that is slow, silent or hostile holds up nobody.
 */
#ifndef RUN_CONTROL_H
#define RUN_CONTROL_H

#include "base/loop.h"
#include "run/control_protocol.h"

#define CONTROL_CLIENTS_MAX 8

struct control_reply {
	int status;
	struct buffer out, err; /* for the client's streams */
};

struct control_client {
	struct control *control;
	struct loop_source source; /* fd -1: nobody */
	struct loop_timer patience;
	struct buffer request, answer;
	size_t sent;
	bool waits; /* for the end of the run */
};

struct control {
	/* The caller's, before control_open(): */
	struct loop *loop;
	/* False: the answer is the run's end. */
	bool (*asked)(void *owner, const struct control_request *request,
		      struct control_reply *reply);
	void *owner;

	struct buffer path;
	struct loop_source listening; /* fd -1: no socket */
	struct loop_timer again;
	struct control_client clients[CONTROL_CLIENTS_MAX];
};
#define CONTROL_INIT(...)                                                                          \
	{                                                                                          \
		.listening.fd = -1, __VA_ARGS__                                                    \
	}

int control_open(struct control *control, struct skbscope_error *error);
/* The same with a socket that listens already, and is taken. */
int control_serve(struct control *control, int fd, struct skbscope_error *error);
bool control_is_open(const struct control *control);
void control_stop(struct control *control); /* nobody is heard any more */
/* The run is over: those who wait for it are told the exit status. */
void control_end(struct control *control, const struct control_reply *reply);
void control_close(struct control *control); /* also for AUTO() */

#endif
