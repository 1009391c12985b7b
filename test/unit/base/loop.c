/* SPDX-License-Identifier: Apache-2.0 */
/* What comes first, and what handlers may do to one another. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "base/loop.h"

static struct loop *loop;
static char log_text[64]; /* a letter for each call of a handler */

static void note(char letter)
{
	size_t length = strlen(log_text);

	if (length + 1 < sizeof(log_text))
		log_text[length] = letter;
}

/* A pipe with a byte in it, so that its source is ready until somebody reads. */
struct ready {
	struct loop_source source;
	char letter;
	int ends[2], times; /* how often it is served before it is drained */
	struct ready *removes;
	bool quits;
};

static void serve(void *context, uint32_t events, uint64_t now_ns)
{
	struct ready *ready = context;
	char byte;

	(void)now_ns;
	CHECK(events & EPOLLIN);
	note(ready->letter);
	if (--ready->times <= 0)
		CHECK_NUMBER(read(ready->ends[0], &byte, 1), 1);
	if (ready->removes)
		loop_remove(&ready->removes->source);
	if (ready->quits && ready->times <= 0)
		loop_quit(loop, 23);
}

static void make_ready(struct ready *ready, char letter, enum loop_priority priority)
{
	*ready = (struct ready){ .letter = letter };
	REQUIRE(pipe(ready->ends) == 0);
	REQUIRE(write(ready->ends[1], "x", 1) == 1);
	ready->source = (struct loop_source){ .fd = ready->ends[0],
					      .events = EPOLLIN,
					      .priority = priority,
					      .ready = serve,
					      .context = ready };
	REQUIRE(loop_add(loop, &ready->source) == 0);
}

static void drop(struct ready *ready)
{
	loop_remove(&ready->source);
	close(ready->ends[0]);
	close(ready->ends[1]);
}

static void stop(void *context, uint64_t now_ns)
{
	(void)context;
	(void)now_ns;
	loop_quit(loop, 0);
}

struct deadline {
	struct loop_timer timer;
	char letter;
	struct loop_timer *disarms;
};

static void fire(void *context, uint64_t now_ns)
{
	struct deadline *deadline = context;

	CHECK(now_ns >= deadline->timer.at_ns);
	note(deadline->letter);
	if (deadline->disarms)
		loop_disarm(deadline->disarms);
}

static void arm(struct deadline *deadline, char letter, uint64_t at_ns)
{
	*deadline = (struct deadline){ { .due = fire, .context = deadline }, letter, NULL };
	loop_arm(loop, &deadline->timer, at_ns);
}

static struct loop_timer end = { .due = stop };

static void begin(void)
{
	memset(log_text, 0, sizeof(log_text));
	REQUIRE(loop_new(&loop) == 0);
}

/* Until all that is due before at_ns, and all that is more urgent, was served. */
static void run_until(uint64_t at_ns)
{
	loop_arm(loop, &end, at_ns);
	CHECK_NUMBER(loop_run(loop), 0);
}

TEST(the_more_urgent_comes_first_whatever_order_it_was_added_in)
{
	struct ready rest, output, hangup;

	begin();
	make_ready(&rest, 'r', LOOP_REST);
	make_ready(&output, 'o', LOOP_OUTPUT);
	make_ready(&hangup, 'h', LOOP_HANGUP);
	output.times = 2;
	rest.quits = true;
	CHECK_NUMBER(loop_run(loop), 23);
	CHECK_TEXT(log_text, "hoor");
	drop(&rest);
	drop(&output);
	drop(&hangup);
	loop_freep(&loop);
}

TEST(those_of_the_same_priority_take_turns_and_deadlines_too)
{
	struct deadline deadline;
	struct ready a, b;

	begin();
	make_ready(&a, 'a', LOOP_REST);
	make_ready(&b, 'b', LOOP_REST);
	arm(&deadline, 'd', 1);
	a.times = b.times = 3;
	b.quits = true;
	CHECK_NUMBER(loop_run(loop), 23);
	CHECK(strcmp(log_text, "abdabab") == 0 || strcmp(log_text, "badbaba") == 0);
	loop_disarm(&deadline.timer);
	drop(&a);
	drop(&b);
	loop_freep(&loop);
}

TEST(deadlines_come_in_their_order_and_not_twice)
{
	struct deadline late, early, middle, moved;

	begin();
	arm(&late, 'l', 30);
	arm(&early, 'e', 10);
	arm(&middle, 'm', 20);
	arm(&moved, 'x', 5);
	loop_arm(loop, &moved.timer, 25);
	run_until(40);
	CHECK_TEXT(log_text, "emxl");
	CHECK(!early.timer.loop);
	loop_freep(&loop);
}

TEST(a_deadline_that_was_disarmed_does_not_come)
{
	struct deadline early, late;

	begin();
	arm(&early, 'e', 10);
	arm(&late, 'l', 20);
	early.disarms = &late.timer;
	loop_disarm(&end); /* of no loop: nothing happens */
	run_until(40);
	CHECK_TEXT(log_text, "e");
	loop_freep(&loop);
}

TEST(a_source_that_anothers_handler_removed_is_not_served)
{
	struct ready first, second;

	begin();
	make_ready(&first, '1', LOOP_OUTPUT);
	make_ready(&second, '2', LOOP_REST);
	first.removes = &second;
	run_until(40);
	CHECK_TEXT(log_text, "1");
	drop(&first);
	drop(&second); /* once more: nothing happens */
	loop_freep(&loop);
}

TEST(what_quits_is_the_last_to_be_served)
{
	struct ready first, second;

	begin();
	make_ready(&first, '1', LOOP_OUTPUT);
	make_ready(&second, '2', LOOP_REST);
	first.quits = true;
	CHECK_NUMBER(loop_run(loop), 23);
	CHECK_TEXT(log_text, "1");
	drop(&first);
	drop(&second);
	loop_freep(&loop);
}

static void hear(void *context, int number, uint64_t now_ns)
{
	(void)context;
	(void)now_ns;
	note(number == SIGUSR1 ? 'S' : '?');
}

static void open_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	REQUIRE(loop_signals(loop, &signals, hear, NULL) == 0);
}

static void raise_it(void *context, uint64_t now_ns)
{
	(void)context;
	(void)now_ns;
	note('t');
	raise(SIGUSR1);
}

TEST(a_signal_comes_before_all_that_was_ready_when_it_came)
{
	struct loop_timer timer = { .due = raise_it };
	struct ready hangup, output;

	begin();
	open_signals();
	make_ready(&hangup, 'h', LOOP_HANGUP);
	make_ready(&output, 'o', LOOP_OUTPUT);
	raise(SIGUSR1);
	loop_arm(loop, &timer, 1);
	loop_arm(loop, &end, 2);
	CHECK_NUMBER(loop_run(loop), 0);
	CHECK_TEXT(log_text, "ShotS");
	drop(&hangup);
	drop(&output);
	loop_freep(&loop);
}

static void work_long(void *context, uint64_t now_ns)
{
	struct pollfd polled = { .fd = loop_signal_fd(loop), .events = POLLIN };

	raise_it(context, now_ns);
	CHECK_NUMBER(poll(&polled, 1, 0), 1);
	loop_take_signals(loop);
	CHECK_NUMBER(poll(&polled, 1, 0), 0);
	note('w');
}

TEST(long_work_takes_the_signals_that_came_meanwhile)
{
	struct loop_timer timer = { .due = work_long };

	begin();
	CHECK_NUMBER(loop_signal_fd(loop), -1);
	open_signals();
	loop_take_signals(loop); /* none */
	loop_arm(loop, &timer, 1);
	run_until(2);
	CHECK_TEXT(log_text, "tSw");
	loop_freep(&loop);
}

static void write_file(void *context, uint32_t events, uint64_t now_ns)
{
	struct loop_source *source = context;

	(void)now_ns;
	CHECK(events & EPOLLOUT);
	note('f');
	if (strlen(log_text) == 3)
		CHECK_NUMBER(loop_want(source, 0), 0);
}

TEST(a_file_is_ready_whenever_it_is_wanted)
{
	struct loop_source file = { .fd = open("/dev/null", O_WRONLY | O_CLOEXEC),
				    .events = EPOLLOUT,
				    .priority = LOOP_OUTPUT,
				    .ready = write_file,
				    .context = &file };

	begin();
	REQUIRE(loop_add(loop, &file) == 0);
	run_until(40);
	CHECK_TEXT(log_text, "fff");
	loop_remove(&file);
	close(file.fd);
	loop_freep(&loop);
}

static void see_hangup(void *context, uint32_t events, uint64_t now_ns)
{
	(void)now_ns;
	CHECK(events & EPOLLERR);
	note('g');
	loop_remove(context);
}

TEST(a_reader_that_goes_is_told_though_nothing_is_wanted)
{
	struct loop_source source = { .ready = see_hangup, .context = &source };
	int ends[2];

	begin();
	REQUIRE(pipe(ends) == 0);
	source.fd = ends[1];
	REQUIRE(loop_add(loop, &source) == 0);
	close(ends[0]);
	run_until(40);
	CHECK_TEXT(log_text, "g");
	close(ends[1]);
	loop_freep(&loop);
}

TEST(a_loop_that_cannot_wait_ends_with_the_error)
{
	struct loop_source closed = { .fd = -1 };
	int epoll_fd = dup(STDERR_FILENO); /* the number that comes next */

	close(epoll_fd);
	begin();
	CHECK_NUMBER(loop_add(loop, &closed), -EBADF);
	loop_remove(&closed); /* as it was not added: nothing happens */
	close(epoll_fd);
	CHECK_NUMBER(loop_run(loop), -EBADF);
	loop_freep(&loop);
}
