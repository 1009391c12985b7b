/* SPDX-License-Identifier: Apache-2.0 */
#include "run/capture_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "capture/write.h"
#include "run/output.h"

#define FLUSHED ((size_t)1 << 16) /* bytes that are handed over together */
#define WAITING ((size_t)1 << 20) /* and that may wait to be written before there is no room */
#define ETHERNET 1

struct interface_place {
	char *name; /* NULL: it has none */
	uint16_t link;
};

struct capture_file {
	struct loop *loop;
	struct capture_file_request request;
	char *path;
	int fd; /* -1: stdout */
	struct output *output;
	struct buffer bytes; /* that the output does not have yet */
	struct interface_place *interfaces;
	size_t interface_count;
	uint64_t packets;
};

static int cannot_write(const struct capture_file *file, int code, struct skbscope_error *error)
{
	/* Of text that would be passed over in silence: it was not all wanted. A capture was. */
	if (code == -EPIPE)
		return fail(error, EIO, SKBSCOPE_STAGE_RENDER, "the reader of %s%s%s is gone",
			    file->fd < 0 ? "" : "'", file->fd < 0 ? "stdout" : file->path,
			    file->fd < 0 ? "" : "'");
	if (file->fd < 0)
		return output_failed(code, error);
	switch (code) {
	case -ETIMEDOUT:
		return fail(error, code, SKBSCOPE_STAGE_RENDER, "nobody is reading from '%s'",
			    file->path);
	case -ENOSPC:
	case -EDQUOT:
	case -EFBIG:
		fail_errno(error, code, SKBSCOPE_STAGE_RENDER, "cannot write to '%s'", file->path);
		return hint(error, code,
			    "the packets written before are there, but the last may be cut: make "
			    "room, or write to another place");
	default:
		return fail_errno(error, code, SKBSCOPE_STAGE_RENDER, "cannot write to '%s'",
				  file->path);
	}
}

static void lost(void *context, int code)
{
	struct capture_file *file = context;
	struct skbscope_error error = { 0 };

	cannot_write(file, code, &error);
	file->request.failed(file->request.context, &error);
}

static bool is_same(int a, const struct stat *b)
{
	struct stat status;

	return a >= 0 && fstat(a, &status) == 0 && S_ISREG(status.st_mode) &&
	       status.st_dev == b->st_dev && status.st_ino == b->st_ino;
}

/* A disk is not to be overwritten, nor are we to find out what writing to a device does. */
static bool is_fit(const struct stat *status)
{
	return S_ISREG(status->st_mode) || S_ISFIFO(status->st_mode) ||
	       (S_ISCHR(status->st_mode) && (status->st_rdev == makedev(1, 3) || /* /dev/null */
					     status->st_rdev == makedev(1, 7))); /* /dev/full */
}

static int refuse_target(const char *path, struct skbscope_error *error)
{
	return hint(error,
		    fail(error, EINVAL, SKBSCOPE_STAGE_RENDER, "'%s' is neither a file nor a pipe",
			 path),
		    "name a file that may be overwritten, or - for stdout");
}

static int open_path(const struct capture_file_request *request, struct skbscope_error *error)
{
	const char *path = request->path;
	AUTO(closep) int fd = -1;
	struct stat status;

	/* A look comes first: opening a device may do something already. */
	if (stat(path, &status) == 0 && !is_fit(&status))
		return refuse_target(path, error);
	/* Of a pipe that nobody reads: ENXIO instead of waiting. */
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	if (fd < 0 && errno == ENXIO)
		return hint(
			error,
			fail(error, ENXIO, SKBSCOPE_STAGE_RENDER, "nobody reads from '%s'", path),
			"start what reads from the pipe first");
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_RENDER, "cannot write to '%s'",
				  path);
	if (!is_fit(&status))
		return refuse_target(path, error);
	if (is_same(request->read, &status))
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_RENDER,
				 "'%s' is what is read: it would be overwritten", path),
			    "write to another file");
	if (S_ISREG(status.st_mode) && ftruncate(fd, 0) < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_RENDER, "cannot write to '%s'",
				  path);
	fcntl(fd, F_SETFL, 0);
	return TAKE_FD(fd);
}

static int open_target(struct capture_file *file, struct skbscope_error *error)
{
	int r;

	if (strcmp(file->path, "-") != 0) {
		r = open_path(&file->request, error);
		file->fd = r < 0 ? -1 : r;
		return r < 0 ? r : 0;
	}
	if (isatty(STDOUT_FILENO))
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_RENDER,
				 "stdout is a terminal, and a capture is no text"),
			    "name a file, or let a program read it: … | tcpdump -nr -");
	r = output_check(STDOUT_FILENO);
	return r < 0 ? output_failed(r, error) : 0;
}

static void forget_interfaces(struct capture_file *file)
{
	for (size_t i = 0; i < file->interface_count; i++)
		free(file->interfaces[i].name);
	free(TAKE(file->interfaces));
	file->interface_count = 0;
}

/* What is written from here on. */
static int begin(struct capture_file *file, struct skbscope_error *error)
{
	int r = 0;

	if (!file->output)
		r = output_open(file->loop, file->fd < 0 ? STDOUT_FILENO : file->fd, WAITING, lost,
				file, &file->output);
	if (r < 0)
		return cannot_write(file, r, error);
	forget_interfaces(file);
	file->packets = 0;
	capture_write_section(&file->bytes, "skbscope");
	return 0;
}

int capture_file_open(struct loop *loop, const struct capture_file_request *request,
		      struct capture_file **out, struct skbscope_error *error)
{
	AUTO(capture_file_freep) struct capture_file *file = calloc(1, sizeof(*file));
	int r;

	if (!file)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	file->fd = -1;
	file->loop = loop;
	file->request = *request;
	file->path = strdup(request->path);
	if (!file->path)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	r = open_target(file, error);
	if (r == 0)
		r = begin(file, error);
	if (r < 0)
		return r;
	*out = TAKE(file);
	return 0;
}

int capture_file_again(struct capture_file *file, struct skbscope_error *error)
{
	struct stat status;

	if (file->fd >= 0 && fstat(file->fd, &status) == 0 && S_ISREG(status.st_mode)) {
		output_freep(&file->output);
		buffer_clear(&file->bytes);
		if (ftruncate(file->fd, 0) < 0 || lseek(file->fd, 0, SEEK_SET) < 0)
			return cannot_write(file, -errno, error);
	}
	return begin(file, error);
}

void capture_file_freep(struct capture_file **file)
{
	if (!*file)
		return;
	output_freep(&(*file)->output);
	closep(&(*file)->fd);
	forget_interfaces(*file);
	free((*file)->path);
	buffer_free(&(*file)->bytes);
	free(TAKE(*file));
}

static bool is_named(const struct interface_place *place, const char *name)
{
	return place->name && name ? strcmp(place->name, name) == 0 : place->name == name;
}

static uint32_t find_interface(struct capture_file *file, const struct capture_interface *interface)
{
	struct interface_place *larger, place = { .link = interface->link };
	size_t i = file->interface_count;

	while (i-- > 0) /* mostly the latest */
		if (file->interfaces[i].link == interface->link &&
		    is_named(&file->interfaces[i], interface->name))
			return (uint32_t)i;
	larger = reallocarray(file->interfaces, file->interface_count + 1, sizeof(*larger));
	if (larger)
		file->interfaces = larger;
	place.name = interface->name ? strdup(interface->name) : NULL;
	if (!larger || (interface->name && !place.name)) {
		file->bytes.failed = true;
		return 0;
	}
	capture_write_interface(&file->bytes, interface);
	larger[file->interface_count] = place;
	return (uint32_t)file->interface_count++;
}

void capture_file_add(struct capture_file *file, const struct capture_interface *interface,
		      struct capture_packet *packet, const char *comment, size_t length)
{
	packet->interface = find_interface(file, interface);
	capture_write_packet(&file->bytes, packet, comment, length);
	file->packets++;
	if (file->bytes.length >= FLUSHED)
		capture_file_flush(file);
}

bool capture_file_has_room(const struct capture_file *file)
{
	return output_room(file->output) > FLUSHED;
}

void capture_file_flush(struct capture_file *file)
{
	if (file->bytes.failed)
		lost(file, -ENOMEM);
	else if (file->bytes.length)
		output_keep(file->output, &file->bytes);
	buffer_clear(&file->bytes);
}

uint64_t capture_file_packets(const struct capture_file *file)
{
	return file->packets;
}

void capture_file_complete(struct capture_file *file)
{
	/* A file without any interface is none that libpcap opens. */
	if (!file->interface_count)
		find_interface(file, &(struct capture_interface){ .link = ETHERNET });
	capture_file_flush(file);
}

int capture_file_finish(struct capture_file *file, uint64_t patience_ns,
			struct skbscope_error *error)
{
	int r;

	capture_file_complete(file);
	r = output_finish(file->output, patience_ns);
	return r < 0 && r != -EINTR ? cannot_write(file, r, error) : r;
}
