/* SPDX-License-Identifier: Apache-2.0 */
/* A run's control socket, with clients that are slow, silent, hostile or gone. */
#include "harness.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "run/control.h"

#define LIMIT_NS UINT64_C(30000000000) /* of a test; none of them comes near it */
#define LOOK_NS UINT64_C(1000000)

#define CLIENTS (CONTROL_CLIENTS_MAX + 4)
#define LAST (CLIENTS - 1)

static struct loop *loop;
static struct control control;
static struct loop_timer look;
static bool (*has_come)(void);
static uint64_t limit_ns;
static int requests, clients[CLIENTS];
static size_t answer_bytes; /* that each answer has */
static struct buffer answers[CLIENTS];
static bool ended[CLIENTS];

static bool asked(void *owner, const struct control_request *request, struct control_reply *reply)
{
	(void)owner;
	requests++;
	for (size_t i = 0; i < answer_bytes; i++)
		buffer_append(&reply->out, "x", 1);
	for (size_t i = 0; i < request->count; i++)
		buffer_printf(&reply->out, "<%s>", request->operands[i]);
	return request->verb != CONTROL_STOP;
}

/* Abstract: nothing to clean up. */
static socklen_t address_of(struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)snprintf(out->sun_path + 1, 64, "skbscope-test-%d", getpid()));
}

static void start(size_t bytes)
{
	struct sockaddr_un address;
	socklen_t length = address_of(&address);
	struct skbscope_error error;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	answer_bytes = bytes;
	requests = 0;
	for (size_t i = 0; i < CLIENTS; i++)
		clients[i] = -1;
	REQUIRE(loop_new(&loop) == 0);
	REQUIRE(bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, 16) == 0);
	control = (struct control)CONTROL_INIT(.loop = loop, .asked = asked);
	REQUIRE(control_serve(&control, fd, &error) == 0);
}

static void finish(void)
{
	for (size_t i = 0; i < CLIENTS; i++) {
		closep(&clients[i]);
		buffer_free(&answers[i]);
		ended[i] = false;
	}
	control_close(&control);
	loop_freep(&loop);
}

static void call(size_t client)
{
	struct sockaddr_un address;
	socklen_t length = address_of(&address);

	clients[client] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	REQUIRE(connect(clients[client], (struct sockaddr *)&address, length) == 0);
}

static void request_of(enum control_verb verb, struct buffer *out)
{
	const char *operand = "table[1]";

	control_request_write(
		&(struct control_request){ .verb = verb, .operands = &operand, .count = 1 }, out);
}

static void ask(size_t client, enum control_verb verb)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };

	request_of(verb, &bytes);
	CHECK(write_all(clients[client], bytes.data, bytes.length) == 0);
	shutdown(clients[client], SHUT_WR);
}

static void hear(size_t client)
{
	char piece[4096];
	ssize_t length = 0;

	while (clients[client] >= 0 && !ended[client] &&
	       (length = read(clients[client], piece, sizeof(piece))) > 0)
		buffer_append(&answers[client], piece, (size_t)length);
	ended[client] |= clients[client] >= 0 && (length == 0 || (length < 0 && errno != EAGAIN));
}

static void look_now(void *context, uint64_t now_ns)
{
	(void)context;
	if (has_come() || now_ns > limit_ns)
		loop_quit(loop, 0);
	else
		loop_arm(loop, &look, now_ns + LOOK_NS);
}

static void run_until(bool (*condition)(void))
{
	const uint64_t now = clock_monotonic_ns();

	has_come = condition;
	limit_ns = now + LIMIT_NS * test_slowness();
	look.due = look_now;
	loop_arm(loop, &look, now);
	CHECK(loop_run(loop) == 0);
	CHECK(condition());
}

static bool first_has_ended(void)
{
	hear(0);
	return ended[0];
}

static bool last_has_ended(void)
{
	hear(LAST);
	return ended[LAST];
}

static bool is_asked(void)
{
	return requests > 0;
}

static void check_answered(size_t client, const char *text)
{
	struct control_answer answer = { .status = -1 };
	struct skbscope_error error;

	CHECK(control_answer_parse(&answers[client], &answer, &error) == 0);
	CHECK(answer.status == 0 && span_contains(answer.out, text));
}

TEST(who_asks_is_answered)
{
	start(0);
	call(0);
	ask(0, CONTROL_GET);
	run_until(first_has_ended);
	check_answered(0, "<table[1]>");
	finish();
}

TEST(who_asks_byte_by_byte_is_answered)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };

	start(0);
	call(0);
	request_of(CONTROL_GET, &bytes);
	for (size_t i = 0; i < bytes.length; i++) {
		CHECK(write(clients[0], bytes.data + i, 1) == 1);
		has_come = is_asked;
		limit_ns = 0; /* one turn */
		look.due = look_now;
		loop_arm(loop, &look, 0);
		loop_run(loop);
	}
	CHECK(requests == 0);
	shutdown(clients[0], SHUT_WR);
	run_until(first_has_ended);
	check_answered(0, "<table[1]>");
	finish();
}

TEST(who_is_silent_keeps_nobody_from_asking_for_long)
{
	start(0);
	for (size_t i = 0; i < LAST; i++)
		call(i);
	call(LAST);
	ask(LAST, CONTROL_GET);
	run_until(last_has_ended);
	check_answered(LAST, "<table[1]>");
	hear(0);
	CHECK(ended[0] && !answers[0].length);
	finish();
}

TEST(who_does_not_take_the_answer_keeps_nobody_from_getting_one)
{
	start(4 << 20);
	call(0);
	ask(0, CONTROL_GET);
	run_until(is_asked);
	call(LAST);
	ask(LAST, CONTROL_GET);
	run_until(last_has_ended);
	check_answered(LAST, "<table[1]>");
	run_until(first_has_ended); /* and is not forgotten */
	check_answered(0, "<table[1]>");
	finish();
}

static bool nobody_is_left(void)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control.clients[i].source.fd >= 0)
			return false;
	return true;
}

TEST(who_leaves_in_the_middle_leaves_nothing)
{
	start(1 << 20);
	for (size_t i = 0; i < 6; i++) {
		call(i);
		if (i % 3)
			ask(i, CONTROL_GET);
		if (i % 3 == 2)
			run_until(is_asked);
		closep(&clients[i]);
	}
	call(LAST);
	ask(LAST, CONTROL_GET);
	run_until(last_has_ended);
	check_answered(LAST, "<table[1]>");
	run_until(nobody_is_left);
	finish();
}

static bool piece_has_gone(void)
{
	char piece[4096];
	ssize_t sent;

	memset(piece, 'x', sizeof(piece));
	while ((sent = send(clients[0], piece, sizeof(piece), MSG_NOSIGNAL | MSG_DONTWAIT)) > 0)
		;
	return first_has_ended();
}

TEST(who_asks_without_an_end_is_told_so)
{
	struct control_answer answer;
	struct skbscope_error error;

	start(0);
	call(0);
	run_until(piece_has_gone);
	REQUIRE(control_answer_parse(&answers[0], &answer, &error) == 0);
	CHECK(answer.status == 2 && span_contains(answer.err, "1 MiB"));
	CHECK(requests == 0);
	finish();
}

TEST(words_that_are_no_request_are_answered_with_a_sentence)
{
	struct control_answer answer;
	struct skbscope_error error;

	start(0);
	call(0);
	CHECK(write_all(clients[0], "GET / HTTP/1.1\r\n\r\n", 18) == 0);
	shutdown(clients[0], SHUT_WR);
	run_until(first_has_ended);
	REQUIRE(control_answer_parse(&answers[0], &answer, &error) == 0);
	CHECK(answer.status == 1 && span_contains(answer.err, "no request"));
	CHECK(requests == 0);
	finish();
}

TEST(who_waits_for_the_end_is_told_the_status)
{
	struct control_reply reply = { .status = 6 };
	struct control_answer answer;
	struct skbscope_error error;

	start(0);
	call(0);
	ask(0, CONTROL_STOP);
	call(1);
	run_until(is_asked);
	hear(0);
	CHECK(!ended[0] && !answers[0].length);
	control_stop(&control);
	hear(1);
	CHECK(ended[1] || clients[1] < 0 || !answers[1].length);
	control_end(&control, &reply);
	hear(0);
	REQUIRE(ended[0] && control_answer_parse(&answers[0], &answer, &error) == 0);
	CHECK(answer.status == 6);
	finish();
}
