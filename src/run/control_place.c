/* SPDX-License-Identifier: Apache-2.0 */
/* Directories of control sockets, and the names in them, which say whose each is. */
#include "run/control_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/private_dir.h"
#include "kernel/ledger.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE
#define BACKLOG 16
/* The ledger's entries have no dot in front. */
#define NAME ".control-%" PRIu32 "-%" PRIu64 "-%" PRIu64

void control_directory(uid_t uid, struct buffer *out)
{
	if (uid == 0)
		buffer_string(out, LEDGER_DIRECTORY);
	else
		buffer_printf(out, "/run/user/%u/skbscope", (unsigned)uid);
}

static bool parse_name(const char *name, struct ledger_owner *owner)
{
	char again[64];

	*owner = (struct ledger_owner){ .pid = 0 };
	if (sscanf(name, ".control-%" SCNu32 "-%" SCNu64 "-%" SCNu64, &owner->pid, &owner->start,
		   &owner->pid_namespace) != 3)
		return false;
	snprintf(again, sizeof(again), NAME, owner->pid, owner->start, owner->pid_namespace);
	return strcmp(again, name) == 0;
}

static int address_of(const char *path, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(out->sun_path))
		return -ENAMETOOLONG;
	strcpy(out->sun_path, path);
	return 0;
}

/* A queue that is full is as good as a refusal: whoever listens does not answer. */
static int connect_to(const char *path)
{
	AUTO(closep)
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;
	int r = fd < 0 ? -errno : address_of(path, &address);

	if (r < 0)
		return r;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* The name tells whether its process lives; of one in another PID namespace, whether anybody
 * listens does. */
static bool is_dead(const char *path, const struct ledger_owner *owner)
{
	AUTO(closep) int fd = -1;
	int lives = ledger_owner_lives(owner);

	if (lives != -EXDEV)
		return lives == 0;
	fd = connect_to(path);
	return fd == -ECONNREFUSED;
}

/* Of another user it is opened as it is, and nothing in it is believed. */
static DIR *open_directory(uid_t uid, const char *path)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	AUTO(closep)
	int fd = uid == geteuid() || uid == 0 ? private_dir_open(path, 0) : open(path, flags);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);

	if (directory)
		fd = -1; /* the stream's now */
	return directory;
}

static int add_path(struct control_sockets *out, char *path)
{
	char **grown = reallocarray(out->paths, out->count + 1, sizeof(*grown));

	if (!grown) {
		free(path);
		return -ENOMEM;
	}
	out->paths = grown;
	out->paths[out->count++] = path;
	return 0;
}

int control_sockets_list(uid_t uid, struct control_sockets *out)
{
	AUTO(control_sockets_clear) struct control_sockets found = { 0 };
	AUTO(buffer_free) struct buffer directory_path = { 0 };
	AUTO(closedirp) DIR *directory = NULL;
	struct dirent *file;
	int r = 0;

	control_directory(uid, &directory_path);
	directory = open_directory(uid, buffer_text(&directory_path));
	while (directory && r == 0 && found.count < CONTROL_SOCKETS_MAX &&
	       (file = readdir(directory))) {
		struct ledger_owner owner;
		char *path;

		if (!parse_name(file->d_name, &owner))
			continue;
		if (asprintf(&path, "%s/%s", buffer_text(&directory_path), file->d_name) < 0)
			return -ENOMEM;
		if (!is_dead(path, &owner)) {
			r = add_path(&found, path);
			continue;
		}
		if (uid == geteuid())
			unlinkat(dirfd(directory), file->d_name, 0);
		free(path);
	}
	if (r < 0)
		return r;
	*out = found;
	found = (struct control_sockets){ .count = 0 };
	return 0;
}

void control_sockets_clear(struct control_sockets *sockets)
{
	for (size_t i = 0; i < sockets->count; i++)
		free(sockets->paths[i]);
	free(TAKE(sockets->paths));
	sockets->count = 0;
}

static int bind_to(const char *path, struct skbscope_error *error)
{
	AUTO(closep)
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;
	int r = fd < 0 ? -errno : address_of(path, &address);

	/* The file gets the mode that the socket has, less the umask: it is never open to
	 * others. */
	if (r == 0 && fchmod(fd, 0600) < 0)
		r = -errno;
	if (r == 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		r = -errno;
	if (r == 0 && listen(fd, BACKLOG) < 0) {
		r = -errno;
		unlink(path);
	}
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot make the socket '%s'", path);
	return TAKE_FD(fd);
}

int control_listen(struct buffer *path, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer directory = { 0 };
	AUTO(control_sockets_clear) struct control_sockets others = { 0 };
	AUTO(closep) int directory_fd = -1;
	struct ledger_owner owner;
	int r;

	control_directory(geteuid(), &directory);
	/* Not above it: what is not there is not the user's to make. */
	directory_fd = r = private_dir_open(buffer_text(&directory), 0755);
	if (r == -EPERM)
		return fail(error, r, STAGE, "'%s' is writable by other users",
			    buffer_text(&directory));
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot open '%s'", buffer_text(&directory));
	control_sockets_list(geteuid(), &others); /* which removes the dead */
	r = ledger_owner_self(&owner);
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot read /proc");
	buffer_printf(path, "%s/" NAME, buffer_text(&directory), owner.pid, owner.start,
		      owner.pid_namespace);
	if (path->failed)
		return fail_memory(error, STAGE);
	return bind_to(buffer_text(path), error);
}

int control_connect(const char *path, uid_t uid, struct ucred *peer)
{
	AUTO(closep) int fd = connect_to(path);
	socklen_t length = sizeof(*peer);

	if (fd < 0)
		return fd;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &length) < 0)
		return -errno;
	/* A link may lead elsewhere; nothing has been sent yet. */
	if (peer->uid != uid)
		return -EACCES;
	return TAKE_FD(fd);
}
