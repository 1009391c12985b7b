/* SPDX-License-Identifier: Apache-2.0 */
/* run/capture_file: files, slow and absent readers, full disks, and what is not to be written. */
#include "run/capture_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "harness.h"

#define SECOND UINT64_C(1000000000)

static struct loop *loop;
static struct skbscope_error failure; /* as it was told */
static char folder[] = "/tmp/skbscope-test-XXXXXX";
static char path[64];
static uint8_t frame[1000];

static void failed(void *context, const struct skbscope_error *error)
{
	(void)context;
	failure = *error;
	loop_quit(loop, 0);
}

static const struct capture_interface eth0 = { .name = "eth0", .link = 1 },
				      eth1 = { .name = "eth1", .link = 1 },
				      nameless = { .link = 1 },
				      tun0 = { .name = "eth0", .link = 101 };

static int open_at(const char *where, int read, struct capture_file **file,
		   struct skbscope_error *error)
{
	const struct capture_file_request request = { .path = where,
						      .read = read,
						      .failed = failed };

	return capture_file_open(loop, &request, file, error);
}

static void begin(const char *name)
{
	signal(SIGPIPE, SIG_IGN);
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	REQUIRE(mkdtemp(folder) && loop_new(&loop) == 0);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	failure = (struct skbscope_error){ 0 };
}

static void end(void)
{
	loop_freep(&loop);
	unlink(path);
	rmdir(folder);
}

static void add(struct capture_file *file, const struct capture_interface *interface,
		uint64_t number)
{
	struct capture_packet packet = { .data = frame,
					 .captured = sizeof(frame),
					 .length = sizeof(frame),
					 .time_ns = number,
					 .interface = 99 };

	capture_file_add(file, interface, &packet, "n=1", 3);
}

/* How many; each is the one after the one before. */
static uint64_t count(const char *name, uint32_t *interfaces)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	struct capture_packet packet;
	struct capture_facts facts = { 0 };
	struct skbscope_error error = { 0 };
	uint64_t number = 0;

	CHECK_NUMBER(capture_open(name, NULL, &capture, &error), 0);
	while (capture && capture_next(capture, &packet, &error) > 0)
		CHECK(packet.time_ns == number++ && packet.captured == sizeof(frame));
	CHECK_TEXT(error.message, "");
	if (capture)
		capture_facts(capture, &facts);
	*interfaces = facts.interfaces;
	return number;
}

TEST(a_file_has_each_packet_and_each_interface_once)
{
	static const struct capture_interface *const interfaces[] = { &eth0, &eth1, &nameless,
								      &tun0 };
	AUTO(capture_file_freep) struct capture_file *file = NULL;
	uint32_t known;

	begin("x.pcapng");
	REQUIRE(open_at(path, -1, &file, NULL) == 0);
	for (uint64_t i = 0; i < 5000; i++) {
		while (!capture_file_has_room(file))
			REQUIRE(capture_file_finish(file, SECOND, NULL) == 0);
		add(file, interfaces[i % 4], i);
	}
	CHECK_NUMBER(capture_file_finish(file, SECOND, NULL), 0);
	CHECK_NUMBER(capture_file_packets(file), 5000);
	CHECK_NUMBER(count(path, &known), 5000);
	CHECK_NUMBER(known, 4);
	capture_file_freep(&file);
	end();
}

TEST(a_file_without_packets_is_a_capture_and_an_older_one_is_gone)
{
	AUTO(capture_file_freep) struct capture_file *file = NULL;
	uint32_t known;
	int fd;

	begin("x.pcapng");
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(write_all(fd, frame, sizeof(frame)) == 0);
	close(fd);
	REQUIRE(open_at(path, -1, &file, NULL) == 0);
	CHECK_NUMBER(capture_file_finish(file, SECOND, NULL), 0);
	CHECK_NUMBER(count(path, &known), 0);
	CHECK_NUMBER(known, 1);
	capture_file_freep(&file);
	end();
}

TEST(a_reader_who_does_not_read_is_not_waited_for_and_loses_nothing)
{
	AUTO(capture_file_freep) struct capture_file *file = NULL;
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct skbscope_error error = { 0 };
	uint64_t added = 0;
	int reader;
	uint32_t known;
	FILE *copy;

	begin("pipe");
	REQUIRE(mkfifo(path, 0600) == 0);
	CHECK_NUMBER(open_at(path, -1, &file, &error), -ENXIO);
	CHECK_CONTAINS(error.message, "nobody reads from");
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	REQUIRE(open_at(path, -1, &file, NULL) == 0);
	while (capture_file_has_room(file) && added < 100000)
		add(file, &eth0, added++);
	CHECK(added < 5000); /* some megabytes */
	CHECK_NUMBER(capture_file_finish(file, SECOND / 100, &error), -ETIMEDOUT);
	CHECK_CONTAINS(error.message, "nobody is reading from");
	for (;;) {
		char piece[65536];
		ssize_t n = read(reader, piece, sizeof(piece));

		if (n > 0)
			buffer_append(&bytes, piece, (size_t)n);
		else if (capture_file_finish(file, SECOND / 100, &error) == 0)
			break;
	}
	capture_file_freep(&file);
	for (ssize_t n = 1; n > 0;) {
		char piece[65536];

		n = read(reader, piece, sizeof(piece));
		buffer_append(&bytes, piece, n > 0 ? (size_t)n : 0);
	}
	close(reader);
	unlink(path);
	copy = fopen(path, "w");
	CHECK(copy && fwrite(bytes.data, 1, bytes.length, copy) == bytes.length);
	fclosep(&copy);
	CHECK_NUMBER(count(path, &known), added);
	end();
}

TEST(a_reader_who_goes_and_a_full_disk_are_said)
{
	AUTO(capture_file_freep) struct capture_file *file = NULL, *full = NULL;
	struct skbscope_error error = { 0 };
	int reader;

	begin("pipe");
	REQUIRE(mkfifo(path, 0600) == 0);
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	REQUIRE(open_at(path, -1, &file, NULL) == 0);
	close(reader);
	CHECK_NUMBER(loop_run(loop), 0);
	CHECK_NUMBER(failure.code, -EIO);
	CHECK_CONTAINS(failure.message, "the reader of '");
	CHECK_CONTAINS(failure.message, "/pipe' is gone");
	capture_file_freep(&file);

	REQUIRE(open_at("/dev/full", -1, &full, NULL) == 0);
	add(full, &eth0, 0);
	CHECK_NUMBER(capture_file_finish(full, SECOND, &error), -ENOSPC);
	CHECK_TEXT(error.message, "cannot write to '/dev/full': No space left on device");
	CHECK_CONTAINS(error.hint, "make room");
	capture_file_freep(&full);
	end();
}

TEST(what_should_not_be_written_is_not)
{
	static const struct {
		const char *path, *said;
	} cases[] = {
		{ "/nowhere/x.pcapng", "cannot write to '/nowhere/x.pcapng': No such file" },
		{ "/tmp", "'/tmp' is neither a file nor a pipe" },
		{ "/dev/zero", "'/dev/zero' is neither a file nor a pipe" },
	};
	struct capture_file *file = NULL;
	struct skbscope_error error;
	struct stat status;
	int fd;

	begin("x.pcapng");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK(open_at(cases[i].path, -1, &file, &error) < 0);
		CHECK_CONTAINS(error.message, cases[i].said);
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CHECK(write_all(fd, frame, sizeof(frame)) == 0);
	CHECK_NUMBER(open_at(path, fd, &file, &error), -EINVAL);
	CHECK_CONTAINS(error.message, "is what is read");
	CHECK(fstat(fd, &status) == 0 && status.st_size == sizeof(frame) && !file);
	close(fd);
	end();
}
