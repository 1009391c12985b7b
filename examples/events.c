/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events IFACE COUNT: each packet's length as it comes, in a loop of one's own. The session's
 * descriptor is one among those that are waited for; here the others are a signal's.
 *
 *     cc -o events events.c $(pkg-config --cflags --libs skbscope)
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <skbscope/skbscope.h>

static const char program[] = "struct seen { u32 length; u32 mark; };\n"
			      "BPF_RINGBUF_OUTPUT(seen, 64);\n"
			      "int watch(struct __sk_buff *skb)\n"
			      "{\n"
			      "	struct seen event = { skb->len, skb->mark };\n"
			      "	seen.ringbuf_output(&event, sizeof(event), 0);\n"
			      "	return 0;\n"
			      "}\n";

struct seen {
	uint32_t length, mark;
};

struct loop {
	uint64_t count, most;
};

/* Whatever it is given is borrowed until it returns. */
static int show(void *context, const struct skbscope_event *event)
{
	struct loop *loop = context;
	struct seen seen;

	if (event->size < sizeof(seen))
		return 0; /* not ours */
	memcpy(&seen, event->record.value, sizeof(seen));
	printf("%s %llu: %u bytes\n", event->function ? event->function : "?",
	       (unsigned long long)event->number, seen.length);
	return ++loop->count < loop->most ? 0 : -1; /* the rest stays where it is */
}

static int run(struct skbscope_session *session, struct loop *loop, struct skbscope_error *error)
{
	struct pollfd waits[2] = { { .fd = skbscope_session_event_fd(session), .events = POLLIN },
				   { .events = POLLIN } };
	sigset_t signals;
	int r = 0;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	waits[1].fd = signalfd(-1, &signals, SFD_CLOEXEC);
	while (r >= 0 && loop->count < loop->most && !(waits[1].revents & POLLIN))
		if (poll(waits, 2, -1) > 0 && waits[0].revents & POLLIN)
			r = skbscope_session_drain(session, 0, show, loop, NULL, error);
	close(waits[1].fd);
	return r;
}

/* How many there were, and how many of them found no room: the two are all. */
static void tell_losses(struct skbscope_session *session)
{
	struct skbscope_snapshot *snapshot = NULL;

	if (skbscope_session_read(session, NULL, &snapshot, NULL) == 0)
		for (size_t i = 0; i < snapshot->table_count; i++)
			fprintf(stderr, "%s: %llu received, %llu lost\n",
				snapshot->tables[i].schema->table,
				(unsigned long long)snapshot->tables[i].received,
				(unsigned long long)snapshot->tables[i].lost);
	skbscope_snapshot_free(snapshot);
}

int main(int argc, char **argv)
{
	struct skbscope_error error = { 0 };
	struct skbscope_source *source = NULL;
	struct skbscope_image *image = NULL;
	struct skbscope_session *session = NULL;
	struct loop loop = { .most = argc > 2 ? strtoull(argv[2], NULL, 10) : UINT64_MAX };
	const char *interface = argc > 1 ? argv[1] : "lo";
	const struct skbscope_attach_options where = {
		.size = sizeof(where),
		.interfaces = &interface,
		.interface_count = 1,
	};
	int r = skbscope_source_from_text("events.c", program, sizeof(program) - 1, &source,
					  &error);

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (r == 0)
		r = skbscope_compile(source, NULL, &image, NULL, NULL, &error);
	if (r == 0)
		r = skbscope_session_open(image, NULL, &session, NULL, &error);
	if (r == 0)
		r = skbscope_session_attach(session, &where, &error);
	if (r == 0) {
		fprintf(stderr, "attached to %s\n", interface);
		r = run(session, &loop, &error);
		tell_losses(session);
	}
	if (r < 0)
		fprintf(stderr, "events: %s\n", error.message);
	skbscope_session_close(session);
	skbscope_image_free(image);
	skbscope_source_free(source);
	return r < 0;
}
