/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: from the first byte of a request to the last of an answer. */
#include "run/control.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "run/control_place.h"
#include "run/report.h"

#define ASKING_NS UINT64_C(1000000000)     /* to say all of the request */
#define ANSWERING_NS UINT64_C(10000000000) /* to take all of the answer */
#define AGAIN_NS UINT64_C(1000000000)
#define PIECE 65536 /* bytes a turn */

static void leave(struct control_client *client)
{
	struct control *control = client->control;

	loop_remove(&client->source);
	loop_disarm(&client->patience);
	closep(&client->source.fd);
	buffer_free(&client->request);
	buffer_free(&client->answer);
	client->sent = 0;
	client->waits = false;
	if (control->listening.loop)
		loop_want(&control->listening, EPOLLIN);
}

static void lost_patience(void *context, uint64_t now_ns)
{
	(void)now_ns;
	leave(context);
}

static void send_piece(struct control_client *client)
{
	const size_t left = client->answer.length - client->sent;
	const ssize_t sent = send(client->source.fd, client->answer.data + client->sent,
				  left < PIECE ? left : PIECE, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (sent > 0)
		client->sent += (size_t)sent;
	if (sent <= 0 || client->sent == client->answer.length)
		leave(client);
}

static void answer(struct control_client *client, const struct control_reply *reply,
		   uint64_t now_ns)
{
	buffer_free(&client->request);
	control_answer_write(reply->status, &reply->out, &reply->err, &client->answer);
	if (client->answer.failed || !client->answer.length) {
		leave(client);
		return;
	}
	loop_want(&client->source, EPOLLOUT);
	loop_arm(client->control->loop, &client->patience, now_ns + ANSWERING_NS);
}

static void reply_clear(struct control_reply *reply)
{
	buffer_free(&reply->out);
	buffer_free(&reply->err);
}

static void refuse(struct control_client *client, const struct skbscope_error *error,
		   uint64_t now_ns)
{
	AUTO(reply_clear) struct control_reply reply = { .status = report_exit_status(error) };

	report_text(error, NULL, false, &reply.err);
	answer(client, &reply, now_ns);
}

static void ask(struct control_client *client)
{
	AUTO(reply_clear) struct control_reply reply = { .status = EXIT_FINE };
	AUTO(control_request_clear) struct control_request request = { 0 };
	struct control *control = client->control;
	struct skbscope_error error = { 0 };

	if (control_request_parse(&client->request, &request, &error) < 0) {
		refuse(client, &error, clock_monotonic_ns());
		return;
	}
	if (control->asked(control->owner, &request, &reply)) {
		/* What was asked may have taken a while, which is not the client's. */
		answer(client, &reply, clock_monotonic_ns());
		return;
	}
	client->waits = true;
	loop_want(&client->source, 0); /* a hang-up is told in any case */
	loop_disarm(&client->patience);
}

static void hear(struct control_client *client, uint64_t now_ns)
{
	struct skbscope_error error;
	char piece[PIECE];
	ssize_t length = recv(client->source.fd, piece, sizeof(piece), MSG_DONTWAIT);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length < 0) {
		leave(client);
		return;
	}
	if (length == 0) {
		ask(client);
		return;
	}
	buffer_append(&client->request, piece, (size_t)length);
	if (client->request.failed || client->request.length > CONTROL_REQUEST_MAX) {
		fail(&error, E2BIG, SKBSCOPE_STAGE_USAGE,
		     "that is more than a run takes at once: 1 MiB");
		refuse(client, &error, now_ns);
	}
}

static void client_is_ready(void *context, uint32_t events, uint64_t now_ns)
{
	struct control_client *client = context;

	if (client->answer.length)
		send_piece(client);
	else if (client->waits || !(events & EPOLLIN))
		leave(client); /* it hung up */
	else
		hear(client, now_ns);
}

static bool may_ask(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

static struct control_client *find_place(struct control *control)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i].source.fd < 0)
			return &control->clients[i];
	return NULL;
}

/* While every place is taken, whoever comes waits in the kernel. */
static void come(void *context, uint32_t events, uint64_t now_ns)
{
	struct control *control = context;
	struct control_client *client = find_place(control);
	struct skbscope_error error;
	int fd;

	(void)events;
	if (!client) {
		loop_want(&control->listening, 0);
		return;
	}
	fd = accept4(control->listening.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED))
		return;
	if (fd < 0) { /* no descriptor is free: it would be told without an end */
		loop_want(&control->listening, 0);
		loop_arm(control->loop, &control->again, now_ns + AGAIN_NS);
		return;
	}
	client->source.fd = fd;
	client->source.events = EPOLLIN;
	if (loop_add(control->loop, &client->source) < 0) {
		leave(client);
		return;
	}
	loop_arm(control->loop, &client->patience, now_ns + ASKING_NS);
	if (may_ask(fd))
		return;
	fail(&error, EACCES, SKBSCOPE_STAGE_OBSERVE, "this run is not yours to control");
	refuse(client, &error, now_ns);
}

static void listen_again(void *context, uint64_t now_ns)
{
	struct control *control = context;

	(void)now_ns;
	loop_want(&control->listening, EPOLLIN);
}

int control_serve(struct control *control, int fd, struct skbscope_error *error)
{
	int r;

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *client = &control->clients[i];

		client->control = control;
		client->source = (struct loop_source){
			.fd = -1, .priority = LOOP_REST, .ready = client_is_ready, .context = client
		};
		client->patience = (struct loop_timer){ .due = lost_patience, .context = client };
	}
	control->again = (struct loop_timer){ .due = listen_again, .context = control };
	control->listening = (struct loop_source){ .fd = fd,
						   .events = EPOLLIN,
						   .priority = LOOP_REST,
						   .ready = come,
						   .context = control };
	r = loop_add(control->loop, &control->listening);
	return r < 0 ? fail_errno(error, r, SKBSCOPE_STAGE_OBSERVE, "cannot wait for 'ctl'") : 0;
}

int control_open(struct control *control, struct skbscope_error *error)
{
	int fd = control_listen(&control->path, error);

	return fd < 0 ? fd : control_serve(control, fd, error);
}

bool control_is_open(const struct control *control)
{
	return control->listening.fd >= 0;
}

void control_stop(struct control *control)
{
	if (control->listening.fd < 0)
		return;
	unlink(buffer_text(&control->path));
	loop_disarm(&control->again);
	loop_remove(&control->listening);
	closep(&control->listening.fd);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (!control->clients[i].waits)
			leave(&control->clients[i]);
		else
			loop_remove(&control->clients[i].source);
}

/* There is no loop any more; so little always finds room in a socket that nothing was written
 * to. */
void control_end(struct control *control, const struct control_reply *reply)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *client = &control->clients[i];

		if (!client->waits)
			continue;
		control_answer_write(reply->status, &reply->out, &reply->err, &client->answer);
		send_piece(client);
		if (client->source.fd >= 0)
			leave(client);
	}
}

void control_close(struct control *control)
{
	control_stop(control);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX && control->clients[i].control; i++)
		leave(&control->clients[i]);
	buffer_free(&control->path);
}
