/* SPDX-License-Identifier: Apache-2.0 */
/* Documents for readers who are slow, gone or full. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include "run/output.h"

#define LARGE ((size_t)1 << 20) /* more than a pipe holds */
#define SECOND UINT64_C(1000000000)

static struct loop *loop;
static struct output *output;
static int ends[2];
static int failure; /* as it was told */

static void failed(void *context, int code)
{
	(void)context;
	failure = code;
	loop_quit(loop, 0);
}

static void begin_with(int fd, size_t records_max)
{
	signal(SIGPIPE, SIG_IGN);
	failure = 0;
	REQUIRE(loop_new(&loop) == 0);
	REQUIRE(output_open(loop, fd, records_max, failed, NULL, &output) == 0);
}

static void begin(void)
{
	REQUIRE(pipe(ends) == 0);
	begin_with(ends[1], 100);
}

static void end(void)
{
	output_freep(&output);
	loop_freep(&loop);
	close(ends[0]);
	close(ends[1]);
}

/* So many of a letter. */
static struct buffer run_of(char letter, size_t length)
{
	struct buffer bytes = { 0 };

	buffer_reserve(&bytes, length);
	memset(bytes.data, letter, length);
	bytes.length = length;
	return bytes;
}

static int frame(char letter, size_t length)
{
	struct buffer bytes = run_of(letter, length);
	int r = output_frame(output, &bytes);

	buffer_free(&bytes);
	return r;
}

static bool record(char letter, size_t length)
{
	struct buffer bytes = run_of(letter, length);
	bool kept = output_record(output, &bytes);

	buffer_free(&bytes);
	return kept;
}

static struct loop_timer moment;

static void stop(void *context, uint64_t now_ns)
{
	(void)context;
	(void)now_ns;
	loop_quit(loop, 0);
}

/* What can be written is more urgent than a deadline, so all of it was when it comes. */
static void write_what_can_be(void)
{
	moment.due = stop;
	loop_arm(loop, &moment, 1);
	CHECK_NUMBER(loop_run(loop), 0);
}

/* Reads until the other end has nothing more to write, and gives the letters in their
 * order and how many of each: "a3b2". */
static const char *read_rest(void)
{
	static char said[64];
	static char piece[PIPE_BUF];
	size_t length = 0, run = 0;
	char letter = 0;

	said[0] = '\0';
	for (;;) {
		ssize_t n;

		write_what_can_be();
		n = read(ends[0], piece, sizeof(piece));
		for (ssize_t i = 0; i < n; i++) {
			if (run && piece[i] != letter) {
				length += (size_t)snprintf(said + length, sizeof(said) - length,
							   "%c%zu", letter, run);
				run = 0;
			}
			letter = piece[i];
			run++;
		}
		if (n <= 0)
			break;
	}
	if (run)
		snprintf(said + length, sizeof(said) - length, "%c%zu", letter, run);
	return said;
}

static void read_without_waiting(void)
{
	REQUIRE(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
}

TEST(documents_come_in_their_order)
{
	begin();
	read_without_waiting();
	CHECK(record('a', 3));
	CHECK_NUMBER(frame('b', 5), 0);
	CHECK(record('c', 7));
	CHECK_TEXT(read_rest(), "a3b5c7");
	end();
}

TEST(a_frame_takes_the_place_of_the_one_that_waits)
{
	begin();
	read_without_waiting();
	CHECK(record('a', 3));
	CHECK_NUMBER(frame('b', 5), 0);
	CHECK(output_has_waiting(output));
	CHECK_NUMBER(frame('c', LARGE), 1);
	CHECK(record('d', 3));
	CHECK_NUMBER(frame('e', 7), 1);
	CHECK_TEXT(read_rest(), "a3e7d3");
	CHECK(!output_has_waiting(output));
	end();
}

TEST(a_frame_that_was_begun_is_finished_before_the_next)
{
	begin();
	read_without_waiting();
	CHECK_NUMBER(frame('a', LARGE), 0);
	write_what_can_be();
	CHECK(!output_has_waiting(output));
	CHECK_NUMBER(frame('b', 5), 0);
	CHECK_NUMBER(frame('c', 7), 1);
	output_withdraw(output);
	CHECK_NUMBER(frame('d', 9), 0);
	CHECK_TEXT(read_rest(), "a1048576d9");
	end();
}

TEST(a_record_that_was_begun_is_finished_before_a_frame)
{
	begin();
	output_freep(&output);
	REQUIRE(output_open(loop, ends[1], LARGE, failed, NULL, &output) == 0);
	read_without_waiting();
	CHECK(record('a', LARGE));
	write_what_can_be();
	CHECK_NUMBER(frame('b', 5), 0);
	CHECK_NUMBER(frame('c', 7), 1);
	CHECK_TEXT(read_rest(), "a1048576c7");
	end();
}

TEST(records_without_room_are_counted_as_lost)
{
	begin();
	read_without_waiting();
	CHECK_NUMBER(frame('a', LARGE), 0);
	write_what_can_be();
	CHECK(record('b', 60));
	CHECK(record('c', 40));
	CHECK(!record('d', 1));
	CHECK(!record('e', 1));
	CHECK_NUMBER(output_lost(output), 2);
	CHECK_TEXT(read_rest(), "a1048576b60c40");
	CHECK(record('f', 100)); /* there is room again */
	CHECK(!record('g', 1));
	CHECK_TEXT(read_rest(), "f100");
	CHECK_NUMBER(output_lost(output), 3);
	end();
}

TEST(a_document_that_memory_ran_out_for_is_not_written)
{
	struct buffer bytes = run_of('a', 5);

	begin();
	read_without_waiting();
	bytes.failed = true;
	CHECK_NUMBER(output_frame(output, &bytes), -ENOMEM);
	CHECK(!output_record(output, &bytes));
	CHECK_TEXT(read_rest(), "");
	buffer_free(&bytes);
	end();
}

TEST(a_reader_who_goes_is_told_of_though_nothing_is_written)
{
	begin();
	close(ends[0]);
	ends[0] = -1;
	CHECK_NUMBER(loop_run(loop), 0);
	CHECK_NUMBER(failure, -EPIPE);
	CHECK_NUMBER(frame('a', 5), 0); /* nothing happens */
	CHECK(!record('a', 5));
	CHECK_NUMBER(output_finish(output, SECOND), -EPIPE);
	end();
}

TEST(a_reader_who_goes_in_the_middle_is_told_of)
{
	struct skbscope_error error;

	begin();
	CHECK_NUMBER(frame('a', LARGE), 0);
	write_what_can_be();
	CHECK_NUMBER(frame('b', LARGE), 0);
	close(ends[0]);
	ends[0] = -1;
	CHECK_NUMBER(loop_run(loop), 0);
	CHECK_NUMBER(failure, -EPIPE);
	CHECK_NUMBER(output_failed(-EPIPE, &error), -EPIPE);
	CHECK_CONTAINS(error.message, "gone");
	end();
}

TEST(the_end_does_not_wait_for_a_reader_who_does_not_read)
{
	begin();
	CHECK_NUMBER(frame('a', LARGE), 0);
	CHECK_NUMBER(output_finish(output, 1), -ETIMEDOUT);
	CHECK_NUMBER(failure, 0);
	end();
}

/* A reader who is slower than a pipe, but reads. */
static void read_some(void *context, uint64_t now_ns)
{
	static char piece[PIPE_BUF];
	size_t *total = context;
	ssize_t n = read(ends[0], piece, sizeof(piece));

	CHECK(n > 0);
	*total += (size_t)n;
	moment.context = context;
	moment.due = read_some;
	loop_arm(loop, &moment, now_ns);
}

TEST(the_end_waits_for_a_slow_reader)
{
	size_t total = 0;

	begin();
	CHECK_NUMBER(frame('a', LARGE), 0);
	moment = (struct loop_timer){ .due = read_some, .context = &total };
	loop_arm(loop, &moment, 1);
	CHECK_NUMBER(output_finish(output, 10 * SECOND), 0);
	loop_disarm(&moment);
	CHECK(total + 65536 >= LARGE); /* the rest is in the pipe */
	end();
}

TEST(who_ends_the_loop_ends_the_wait_too)
{
	begin();
	CHECK_NUMBER(frame('a', LARGE), 0);
	moment.due = stop;
	loop_arm(loop, &moment, 1);
	CHECK_NUMBER(output_finish(output, 10 * SECOND), -EINTR);
	end();
}

TEST(everything_arrives_in_a_file)
{
	char name[] = "/tmp/skbscope-output-XXXXXX";
	int fd = mkstemp(name);

	REQUIRE(fd >= 0);
	begin_with(fd, 100);
	CHECK_NUMBER(frame('a', 3 * LARGE), 0);
	CHECK(record('b', 5));
	CHECK_NUMBER(output_finish(output, SECOND), 0);
	CHECK_NUMBER(lseek(fd, 0, SEEK_END), 3 * LARGE + 5);
	output_freep(&output);
	loop_freep(&loop);
	close(fd);
	unlink(name);
}

TEST(a_full_disk_is_named)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct skbscope_error error;

	REQUIRE(fd >= 0);
	begin_with(fd, 100);
	CHECK_NUMBER(frame('a', 5), 0);
	CHECK_NUMBER(loop_run(loop), 0);
	CHECK_NUMBER(failure, -ENOSPC);
	output_failed(failure, &error);
	CHECK_CONTAINS(error.message, "No space left");
	CHECK_NUMBER(error.stage, SKBSCOPE_STAGE_RENDER);
	output_freep(&output);
	loop_freep(&loop);
	close(fd);
}

TEST(what_is_kept_is_kept_though_there_was_no_room)
{
	struct buffer bytes = run_of('b', LARGE);

	begin();
	CHECK(record('a', 100));
	CHECK_NUMBER(output_room(output), 0);
	output_keep(output, &bytes);
	CHECK_NUMBER(output_room(output), 0);
	CHECK(!record('c', 1));
	read_without_waiting();
	CHECK_TEXT(read_rest(), "a100b1048576");
	CHECK(output_room(output) > 0);
	end();
}
