/* SPDX-License-Identifier: Apache-2.0 */
/* capture/stream: files by name, pipes that are slow, and what is neither. */
#include <fcntl.h>
#include <sys/stat.h>

#include "made.h"

static const struct capture_options never_waits = { .never_waits = true };

TEST(a_pipe_gives_packets_as_they_come_and_never_waits)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	struct capture_packet packet;
	struct capture_facts facts;
	AUTO_MADE made = { 0 };
	size_t sent = 0, block;
	unsigned count = 0;
	int ends[2];

	made_section(&made);
	made_interface(&made, 1, 0, "eth0", 0xff, 0);
	for (unsigned i = 0; i < 5; i++) {
		made_enhanced(&made, 0, 0, i, 60, 60, 0);
		block = made_block(&made, 5);
		made_frame(&made, 0, 40);
		made_block_end(&made, block);
	}
	REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
	REQUIRE(capture_from_fd(ends[0], "x.pcap", &never_waits, &capture, NULL) == 0);
	CHECK_NUMBER(capture_descriptor(capture), ends[0]);
	while (sent < made.bytes.length) { /* byte for byte: it may have to wait anywhere */
		int r;

		while ((r = capture_next(capture, &packet, NULL)) > 0)
			CHECK(is_frame(&packet, count++, 60));
		REQUIRE(r == -EAGAIN);
		REQUIRE(write(ends[1], made.bytes.data + sent++, 1) == 1);
	}
	close(ends[1]);
	while (capture_next(capture, &packet, NULL) > 0)
		CHECK(is_frame(&packet, count++, 60));
	CHECK_NUMBER(capture_next(capture, &packet, NULL), 0);
	CHECK_NUMBER(count, 5);
	capture_facts(capture, &facts);
	CHECK(facts.total == 0 && facts.consumed == made.bytes.length);
}

TEST(a_named_pipe_waits_for_its_writer)
{
	char folder[] = "/tmp/skbscope-test-XXXXXX", path[64];
	AUTO(capture_freep) struct capture *capture = NULL;
	struct skbscope_error error = { 0 };
	struct capture_packet packet;
	AUTO_MADE made = { 0 };
	int fd;

	REQUIRE(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/pipe", folder);
	CHECK(mkfifo(path, 0600) == 0);
	CHECK(capture_open(path, &never_waits, &capture, &error) == 0);
	CHECK_NUMBER(capture_next(capture, &packet, NULL), -EAGAIN);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK_NUMBER(capture_next(capture, &packet, NULL), -EAGAIN);
	made_pcap(&made, 0xa1b2c3d4, 1);
	made_pcap_packet(&made, 1, 2, 3, 60, 60);
	CHECK(write_all(fd, made.bytes.data, made.bytes.length) == 0);
	CHECK(capture_next(capture, &packet, NULL) == 1 && is_frame(&packet, 3, 60));
	CHECK_NUMBER(capture_next(capture, &packet, NULL), -EAGAIN);
	close(fd);
	CHECK_NUMBER(capture_next(capture, &packet, NULL), 0);
	unlink(path);
	rmdir(folder);
}

TEST(what_is_no_file_is_refused_with_a_reason)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	struct skbscope_error error = { 0 };

	CHECK_NUMBER(capture_open("/nowhere/x.pcap", NULL, &capture, &error), -ENOENT);
	CHECK_CONTAINS(error.message, "cannot open '/nowhere/x.pcap'");
	CHECK_NUMBER(capture_open("/tmp", NULL, &capture, &error), -EISDIR);
	CHECK_NUMBER(capture_open("/dev/zero", NULL, &capture, &error), -EINVAL);
	CHECK_CONTAINS(error.message, "neither a file nor a pipe");
	CHECK(error.hint[0] && !capture);
}

TEST(a_pipe_that_is_no_capture_says_so_at_the_first_packet)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	struct skbscope_error error = { 0 };
	struct capture_packet packet;
	int ends[2];

	REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
	REQUIRE(capture_from_fd(ends[0], "standard input", NULL, &capture, &error) == 0);
	REQUIRE(write(ends[1], "hello, this is a long enough text\n", 34) == 34);
	CHECK_NUMBER(capture_next(capture, &packet, &error), -EINVAL);
	CHECK_CONTAINS(error.message, "standard input is not a capture");
	close(ends[1]);
}
