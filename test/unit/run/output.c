/* SPDX-License-Identifier: Apache-2.0 */
/* Writing to readers who are slow, gone or full, and staying reachable meanwhile. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "run/output.h"

static char big[1 << 20];

static int write_all_of(int fd, const void *data, size_t length, int interrupt_fd, int timeout_ms)
{
	struct output output = { data, length };
	int r = output_write(fd, &output, interrupt_fd, timeout_ms);

	CHECK((r == 0) == (output.length == 0));
	return r;
}

TEST(everything_arrives)
{
	char name[] = "/tmp/skbscope-output-XXXXXX";
	int fd = mkstemp(name);

	REQUIRE(fd >= 0);
	CHECK_NUMBER(write_all_of(fd, big, sizeof(big), -1, -1), 0);
	CHECK_NUMBER(lseek(fd, 0, SEEK_END), sizeof(big));
	close(fd);
	unlink(name);
}

TEST(a_reader_that_does_not_read_times_out)
{
	int ends[2];

	REQUIRE(pipe(ends) == 0);
	CHECK_NUMBER(write_all_of(ends[1], big, sizeof(big), -1, 10), -ETIMEDOUT);
	close(ends[0]);
	close(ends[1]);
}

TEST(a_signal_interrupts_a_stuck_write_and_stays_readable)
{
	int ends[2], signals[2];
	char byte = 'x';

	REQUIRE(pipe(ends) == 0 && pipe(signals) == 0);
	REQUIRE(write(signals[1], &byte, 1) == 1);
	CHECK_NUMBER(write_all_of(ends[1], big, sizeof(big), signals[0], -1), -EINTR);
	byte = 0;
	CHECK_NUMBER(read(signals[0], &byte, 1), 1);
	CHECK_NUMBER(byte, 'x');
	close(ends[0]);
	close(ends[1]);
	close(signals[0]);
	close(signals[1]);
}

TEST(a_reader_that_is_gone_is_an_error_not_a_death)
{
	int ends[2];
	struct skbscope_error error;

	signal(SIGPIPE, SIG_IGN);
	REQUIRE(pipe(ends) == 0);
	close(ends[0]);
	CHECK_NUMBER(write_all_of(ends[1], "x", 1, -1, -1), -EPIPE);
	CHECK_NUMBER(output_failed(-EPIPE, &error), -EPIPE);
	CHECK_CONTAINS(error.message, "gone");
	close(ends[1]);
}

TEST(a_full_disk_is_named)
{
	int fd = open("/dev/full", O_WRONLY);
	struct skbscope_error error;

	REQUIRE(fd >= 0);
	CHECK_NUMBER(write_all_of(fd, "x", 1, -1, -1), -ENOSPC);
	output_failed(-ENOSPC, &error);
	CHECK_CONTAINS(error.message, "No space left");
	CHECK_NUMBER(error.stage, SKBSCOPE_STAGE_RENDER);
	close(fd);
}
