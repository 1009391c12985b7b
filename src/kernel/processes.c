/* SPDX-License-Identifier: Apache-2.0 */
/* Looking through /proc. */
#include "kernel/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"

#define FILES_MAX (1u << 18) /* that one look goes through */
/* A socket that was handed on, by fork() or to one who was started for it, is another's now. */
#define LOOK_AGAIN_NS UINT64_C(10000000000)

struct processes {
	struct buffer known; /* of struct socket_process, sorted by inode */
	uint64_t looked_ns;
};

struct look {
	const uint32_t *inodes;
	size_t count;
	struct buffer *found;
	size_t files; /* seen so far */
};

int processes_new(struct processes **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void processes_freep(struct processes **processes)
{
	if (*processes)
		buffer_free(&(*processes)->known);
	free(TAKE(*processes));
}

static int compare_inodes(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* By socket, and then by process. */
static int compare_processes(const void *a, const void *b)
{
	const struct socket_process *x = a, *y = b;
	int r = compare_inodes(&x->inode, &y->inode);

	return r ? r : compare_inodes(&x->pid, &y->pid);
}

static void read_name(int process, char name[PROCESS_NAME])
{
	AUTO(closep) int fd = openat(process, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, name, PROCESS_NAME - 1);

	if (length < 0)
		length = 0;
	name[length] = '\0';
	name[strcspn(name, "\n")] = '\0';
}

static bool is_wanted(const struct look *look, int directory, const char *file, uint32_t *inode)
{
	char target[64];
	ssize_t length = readlinkat(directory, file, target, sizeof(target) - 1);

	if (length < 0)
		return false;
	target[length] = '\0';
	if (sscanf(target, "socket:[%u]", inode) != 1)
		return false;
	return bsearch(inode, look->inodes, look->count, sizeof(*inode), compare_inodes);
}

static void look_at(struct look *look, int proc, const char *pid)
{
	struct socket_process found = { .pid = (uint32_t)strtoul(pid, NULL, 10) };
	AUTO(closep) int process = openat(proc, pid, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO(closedirp) DIR *files = NULL;
	struct dirent *file;
	int fd = process < 0 ? -1 : openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	files = fd < 0 ? NULL : fdopendir(fd);
	if (!files) {
		if (fd >= 0)
			close(fd);
		return; /* it has ended */
	}
	while (look->files < FILES_MAX && (file = readdir(files))) {
		look->files++;
		if (!isdigit((unsigned char)file->d_name[0]) ||
		    !is_wanted(look, dirfd(files), file->d_name, &found.inode))
			continue;
		if (!found.name[0])
			read_name(process, found.name);
		buffer_append(look->found, &found, sizeof(found));
	}
}

static void look_through(struct look *look)
{
	AUTO(closedirp) DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && look->files < FILES_MAX && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at(look, dirfd(proc), entry->d_name);
}

/* One that has a socket twice is one. */
static void settle(struct buffer *found)
{
	struct socket_process *list = (void *)found->data;
	size_t count = found->length / sizeof(*list), kept = 0;

	if (!count)
		return;
	qsort(list, count, sizeof(*list), compare_processes);
	for (size_t i = 0; i < count; i++)
		if (!kept || compare_processes(&list[kept - 1], &list[i]) != 0)
			list[kept++] = list[i];
	found->length = kept * sizeof(*list);
}

const struct socket_process *processes_of(const struct processes *processes, uint32_t inode,
					  size_t *count)
{
	const struct socket_process *list = (const void *)processes->known.data;
	const size_t all = processes->known.length / sizeof(*list);
	size_t low = 0, high = all;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (list[middle].inode < inode)
			low = middle + 1;
		else
			high = middle;
	}
	*count = 0;
	while (low + *count < all && list[low + *count].inode == inode)
		++*count;
	return list + low;
}

static bool are_known(const struct processes *processes, const uint32_t *inodes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t known;

		processes_of(processes, inodes[i], &known);
		if (!known)
			return false;
	}
	return true;
}

int processes_look(struct processes *processes, const uint32_t *inodes, size_t count,
		   uint64_t now_ns)
{
	struct buffer found = { 0 };
	struct look look = { .inodes = inodes, .count = count, .found = &found };

	if (!count ||
	    (are_known(processes, inodes, count) && now_ns - processes->looked_ns < LOOK_AGAIN_NS))
		return 0;
	look_through(&look);
	for (size_t i = 0; i < count; i++) {
		const struct socket_process nobody = { .inode = inodes[i] };

		buffer_append(&found, &nobody, sizeof(nobody));
	}
	settle(&found);
	if (found.failed) {
		buffer_free(&found);
		return -ENOMEM;
	}
	buffer_free(&processes->known);
	processes->known = found;
	processes->looked_ns = now_ns;
	return 0;
}
