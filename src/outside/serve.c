/* SPDX-License-Identifier: Apache-2.0 */
#include "outside/serve.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/io.h"

#define SWEEP_NS UINT64_C(1000000000)
#define BEATS 5u /* sweeps between two */
#define LEAVE_TURNS 20
#define LEAVE_MS 20
#define WAKE_NS UINT64_C(100000000) /* events of so long are one piece of news */

static void run_http(struct serve *serve)
{
	MHD_UNSIGNED_LONG_LONG left_ms;

	MHD_run(serve->daemon);
	if (MHD_get_timeout(serve->daemon, &left_ms) == MHD_YES)
		loop_arm(serve->loop, &serve->http_due, serve->now_ns + left_ms * 1000000u);
	else
		loop_disarm(&serve->http_due);
}

static void http_is_ready(void *context, uint32_t events, uint64_t now_ns)
{
	struct serve *serve = context;

	(void)events;
	serve->now_ns = now_ns;
	run_http(serve);
}

static void http_is_due(void *context, uint64_t now_ns)
{
	http_is_ready(context, 0, now_ns);
}

void serve_soon(struct serve *serve)
{
	loop_arm(serve->loop, &serve->http_due, 0);
}

static void wake(void *context, uint64_t now_ns)
{
	struct serve *serve = context;

	serve->now_ns = now_ns;
	streams_wake(serve);
}

static void wake_soon(struct serve *serve)
{
	if (serve->readers && !serve->wake.loop)
		loop_arm(serve->loop, &serve->wake, serve->now_ns + WAKE_NS);
}

static void sweep(void *context, uint64_t now_ns)
{
	struct serve *serve = context;

	serve->now_ns = now_ns;
	loop_arm(serve->loop, &serve->sweep, now_ns + SWEEP_NS);
	visitors_sweep(serve);
	serve_soon(serve);
	if (++serve->beat % BEATS == 0)
		streams_wake(serve);
}

void serve_ask(struct serve *serve, enum form form)
{
	const char word = (char)(SERVE_ASK + form);

	if (serve->asked[form])
		return;
	serve->asked[form] = true;
	if (write(SERVE_FD_RUN, &word, sizeof(word)) != sizeof(word))
		loop_quit(serve->loop, SERVE_DONE); /* there is no run any more */
}

static void new_reading(struct serve *serve, uint64_t number)
{
	serve->reading = number;
	serve->reading_ns = serve->now_ns;
	memset(serve->asked, 0, sizeof(serve->asked));
	wake_soon(serve);
	for (struct visitor *visitor = serve->visitors; visitor; visitor = visitor->next)
		if (visitor->waits)
			serve_ask(serve, visitor->form);
}

static bool new_document(struct serve *serve, const struct feed_header *header, struct buffer *body)
{
	struct document *document;

	if (header->form >= FORMS)
		return false;
	document = document_new(header->number, body);
	if (!document)
		return false;
	document_unref(serve->documents[header->form]);
	serve->documents[header->form] = document;
	visitors_resume(serve, (enum form)header->form);
	return true;
}

static bool message(void *context, const struct feed_header *header, struct buffer *body)
{
	struct serve *serve = context;

	switch (header->kind) {
	case FEED_READING:
		new_reading(serve, header->number);
		return true;
	case FEED_DOCUMENT:
		return new_document(serve, header, body);
	case FEED_EVENTS:
		wake_soon(serve);
		return recent_add(&serve->recent, header->number, buffer_text(body), body->length);
	case FEED_END:
		serve->ended = true;
		return true;
	default:
		return false;
	}
}

static void run_is_ready(void *context, uint32_t events, uint64_t now_ns)
{
	struct serve *serve = context;
	int r;

	(void)events;
	serve->now_ns = now_ns;
	r = feed_read(&serve->feed);
	if (r < 0)
		loop_quit(serve->loop,
			  r == -EPIPE || r == -ECONNRESET ? SERVE_DONE : SERVE_CONFUSED);
}

/* No name here has an escape; %00 would be the end of one. */
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
	(void)context;
	(void)connection;
	return strlen(text);
}

static struct MHD_Daemon *start_http(struct serve *serve)
{
	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, answer, serve,
		MHD_OPTION_LISTEN_SOCKET, (MHD_socket)SERVE_FD_LISTENING,
		MHD_OPTION_CONNECTION_LIMIT, VISITORS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, REQUEST_BYTES_MAX, MHD_OPTION_STRICT_FOR_CLIENT,
		1, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_NOTIFY_CONNECTION,
		visitor_changed, serve, MHD_OPTION_NOTIFY_COMPLETED, visitor_completed, serve,
		MHD_OPTION_END);
}

static int start(struct serve *serve)
{
	const char ready = SERVE_READY;
	struct utsname machine;

	uname(&machine);
	memcpy(serve->own_name, machine.nodename, sizeof(machine.nodename));
	serve->daemon = start_http(serve);
	if (!serve->daemon || loop_new(&serve->loop) < 0)
		return -ENOMEM;
	serve->feed = (struct feed){ .fd = SERVE_FD_RUN, .message = message, .context = serve };
	serve->run = (struct loop_source){ .fd = SERVE_FD_RUN,
					   .events = EPOLLIN,
					   .priority = LOOP_REST,
					   .ready = run_is_ready,
					   .context = serve };
	serve->http = (struct loop_source){
		.fd = MHD_get_daemon_info(serve->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
		.events = EPOLLIN,
		.priority = LOOP_REST,
		.ready = http_is_ready,
		.context = serve
	};
	serve->http_due = (struct loop_timer){ .due = http_is_due, .context = serve };
	serve->sweep = (struct loop_timer){ .due = sweep, .context = serve };
	serve->wake = (struct loop_timer){ .due = wake, .context = serve };
	if (loop_add(serve->loop, &serve->run) < 0 || loop_add(serve->loop, &serve->http) < 0)
		return -ENOMEM;
	loop_arm(serve->loop, &serve->sweep, 0);
	return write(SERVE_FD_RUN, &ready, sizeof(ready)) == sizeof(ready) ? 0 : -EPIPE;
}

/* That it is the end is told to those who take it at once. */
static void take_leave(struct serve *serve)
{
	struct pollfd polled = { .fd = serve->http.fd, .events = POLLIN };

	serve->ended = true;
	for (int i = 0; i < LEAVE_TURNS && serve->readers; i++) {
		streams_wake(serve);
		MHD_run(serve->daemon);
		poll(&polled, 1, LEAVE_MS);
	}
}

int serve(struct serve *serve)
{
	int status;

	serve->now_ns = clock_monotonic_ns();
	recent_init(&serve->recent);
	if (start(serve) < 0)
		return SERVE_NO_SERVER;
	status = loop_run(serve->loop);
	if (status == SERVE_DONE)
		take_leave(serve);
	return status;
}
