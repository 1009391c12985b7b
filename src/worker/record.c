/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An executable that defines syscall() is asked by libbcc and libbpf in place of
 * libc: both reach bpf(2) through it. What is not bpf(2) goes on to libc.
 */
#include "worker/record.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker/interpose.h"

/* Records stay until the process ends, which is soon. */
static struct {
	struct record_map *maps;
	size_t map_count;
	struct record_btf *btfs;
	size_t btf_count;
	const void *expected;
	struct record_program *program;
	bool failed;
} record;

static long refuse(int code)
{
	errno = code;
	return -1;
}

static int placeholder(void)
{
	return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
}

static void *grown(void *array, size_t count, size_t size)
{
	void *larger = reallocarray(array, count + 1, size);

	if (!larger) {
		record.failed = true;
		return NULL;
	}
	memset((char *)larger + count * size, 0, size);
	return larger;
}

static struct record_map *new_map(void)
{
	struct record_map *maps = grown(record.maps, record.map_count, sizeof(*maps));
	struct record_map *map;

	if (!maps)
		return NULL;
	record.maps = maps;
	map = &maps[record.map_count];
	map->fd = placeholder();
	if (map->fd < 0)
		return NULL;
	record.map_count++;
	return map;
}

static void *copied(uint64_t pointer, size_t size)
{
	void *copy = malloc(size ? size : 1);

	if (copy)
		memcpy(copy, (const void *)(uintptr_t)pointer, size);
	else
		record.failed = true;
	return copy;
}

static long create_map(const union bpf_attr *attr)
{
	struct record_map *map = new_map();

	if (!map)
		return refuse(EMFILE);
	map->attr = *attr;
	return map->fd;
}

/* libbcc asks for a pinned table's pin first. It always gets one: whether the pin
 * exists, and with which sizes, is for whoever loads the image. */
static long open_pin(const union bpf_attr *attr)
{
	struct record_map *map;
	const char *path = (const char *)(uintptr_t)attr->pathname;

	map = new_map();
	if (!map)
		return refuse(EMFILE);
	map->pin_path = strdup(path);
	if (!map->pin_path)
		record.failed = true;
	return map->fd;
}

/* The id is what links the descriptor libbcc closes to the one it asks for later. */
static long map_by_id(uint32_t id)
{
	struct record_map *map;
	int fd;

	if (id == 0 || id > record.map_count)
		return refuse(ENOENT);
	fd = placeholder();
	if (fd < 0)
		return refuse(EMFILE);
	map = &record.maps[id - 1];
	map->fd = fd;
	return fd;
}

static long object_info(const union bpf_attr *attr)
{
	const struct record_map *map = record_find_map((int)attr->info.bpf_fd);
	struct bpf_map_info info;
	size_t size = attr->info.info_len;

	if (!map)
		return refuse(EINVAL);
	memset(&info, 0, sizeof(info));
	info.id = (uint32_t)record_map_position(map) + 1;
	info.type = map->attr.map_type;
	memcpy((void *)(uintptr_t)attr->info.info, &info,
	       size < sizeof(info) ? size : sizeof(info));
	return 0;
}

static long load_btf(const union bpf_attr *attr)
{
	struct record_btf *btfs = grown(record.btfs, record.btf_count, sizeof(*btfs));
	struct record_btf *btf;

	if (!btfs)
		return refuse(ENOMEM);
	record.btfs = btfs;
	btf = &btfs[record.btf_count];
	btf->data = copied(attr->btf, attr->btf_size);
	btf->size = attr->btf_size;
	btf->fd = placeholder();
	if (!btf->data || btf->fd < 0)
		return refuse(ENOMEM);
	record.btf_count++;
	return btf->fd;
}

static long load_program(const union bpf_attr *attr)
{
	struct record_program *program = record.program;

	if (!program || (const void *)(uintptr_t)attr->insns != record.expected)
		return placeholder(); /* a feature probe */
	if ((attr->func_info_cnt && attr->func_info_rec_size != sizeof(struct bpf_func_info)) ||
	    (attr->line_info_cnt && attr->line_info_rec_size != sizeof(struct bpf_line_info)))
		return refuse(EINVAL);
	memset(program, 0, sizeof(*program));
	program->seen = true;
	program->instruction_count = attr->insn_cnt;
	program->instructions =
		copied(attr->insns, attr->insn_cnt * sizeof(*program->instructions));
	program->function_count = attr->func_info_cnt;
	program->functions =
		copied(attr->func_info, attr->func_info_cnt * sizeof(*program->functions));
	program->line_count = attr->line_info_cnt;
	program->lines = copied(attr->line_info, attr->line_info_cnt * sizeof(*program->lines));
	program->btf_fd = attr->func_info_cnt || attr->line_info_cnt ? (int)attr->prog_btf_fd : -1;
	record.program = NULL;
	return placeholder();
}

static long recorded(int command, const union bpf_attr *attr)
{
	switch (command) {
	case BPF_MAP_CREATE:
		return create_map(attr);
	case BPF_OBJ_GET:
		return open_pin(attr);
	case BPF_MAP_GET_FD_BY_ID:
		return map_by_id(attr->map_id);
	case BPF_OBJ_GET_INFO_BY_FD:
		return object_info(attr);
	case BPF_BTF_LOAD:
		return load_btf(attr);
	case BPF_PROG_LOAD:
		return load_program(attr);
	default:
		return refuse(EPERM);
	}
}

INTERPOSE long syscall(long number, ...)
{
	static long (*next)(long, ...);
	long arguments[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		arguments[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_bpf) {
		size_t size = (size_t)arguments[2];
		union bpf_attr attr;

		memset(&attr, 0, sizeof(attr));
		memcpy(&attr, (const void *)arguments[1],
		       size < sizeof(attr) ? size : sizeof(attr));
		return recorded((int)arguments[0], &attr);
	}
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "syscall");
	return next(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
		    arguments[5]);
}

const struct record_map *record_find_map(int fd)
{
	for (size_t i = record.map_count; fd > 0 && i-- > 0;)
		if (record.maps[i].fd == fd)
			return &record.maps[i];
	return NULL;
}

size_t record_map_position(const struct record_map *map)
{
	return (size_t)(map - record.maps);
}

const struct record_btf *record_find_btf(int fd)
{
	for (size_t i = record.btf_count; fd > 0 && i-- > 0;)
		if (record.btfs[i].fd == fd)
			return &record.btfs[i];
	return NULL;
}

void record_expect(const void *instructions, struct record_program *program)
{
	memset(program, 0, sizeof(*program));
	record.expected = instructions;
	record.program = program;
}

bool record_failed(void)
{
	return record.failed;
}

void record_forget(void)
{
	memset(&record, 0, sizeof(record));
}
