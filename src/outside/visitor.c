/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmicrohttpd counts connections and ends those that are silent. Those that say or take a
 * byte now and then are ended here.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include "outside/serve.h"

static void come(struct serve *serve, struct MHD_Connection *connection, void **context)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct visitor *visitor = calloc(1, sizeof(*visitor));

	*context = visitor;
	if (!visitor) /* it gets no answer: see visitor_of */
		return;
	visitor->serve = serve;
	visitor->fd = info ? info->connect_fd : -1;
	visitor->since_ns = serve->now_ns;
	visitor->next = serve->visitors;
	visitor->at = &serve->visitors;
	if (visitor->next)
		visitor->next->at = &visitor->next;
	serve->visitors = visitor;
}

/* Where there were too many, libmicrohttpd looks for others when it is called again, and
 * nothing else would tell it to. */
static void leave(struct visitor *visitor)
{
	serve_soon(visitor->serve);
	*visitor->at = visitor->next;
	if (visitor->next)
		visitor->next->at = visitor->at;
	free(visitor);
}

void visitor_changed(void *serve, struct MHD_Connection *connection, void **context,
		     enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		come(serve, connection, context);
	else if (*context)
		leave(*context);
}

struct visitor *visitor_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

void visitor_completed(void *context, struct MHD_Connection *connection, void **request,
		       enum MHD_RequestTerminationCode how)
{
	struct serve *serve = context;
	struct visitor *visitor = visitor_of(connection);

	(void)request;
	(void)how;
	if (!visitor)
		return;
	visitor->since_ns = serve->now_ns;
	visitor->served = true;
	visitor->reads_events = false;
	visitor->waits = NULL;
}

void visitor_wait(struct visitor *visitor, struct MHD_Connection *connection, enum form form)
{
	visitor->waits = connection;
	visitor->form = form;
	MHD_suspend_connection(connection);
	serve_ask(visitor->serve, form);
}

static void resume(struct visitor *visitor)
{
	struct MHD_Connection *connection = visitor->waits;

	visitor->waits = NULL;
	MHD_resume_connection(connection);
	serve_soon(visitor->serve);
}

void visitors_resume(struct serve *serve, enum form form)
{
	for (struct visitor *visitor = serve->visitors; visitor; visitor = visitor->next)
		if (visitor->waits && visitor->form == form)
			resume(visitor);
}

void visitors_sweep(struct serve *serve)
{
	for (struct visitor *visitor = serve->visitors; visitor; visitor = visitor->next) {
		const uint64_t age_ns = serve->now_ns - visitor->since_ns;

		if (visitor->waits && age_ns > RUN_NS)
			resume(visitor); /* which then finds nothing */
		else if (!visitor->reads_events &&
			 age_ns > (visitor->served ? ANSWER_NS : REQUEST_NS))
			shutdown(visitor->fd, SHUT_RDWR);
	}
}
