/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Creating an image's maps. Everything a map refers to is created before it: the
 * BTF, then the templates of maps of maps. A kernel that knows no BTF for a type
 * still gets the map; a map that cannot fit into memory is refused before the
 * kernel is asked to try.
 */
#include "kernel/maps.h"

#include <bcc/libbpf.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "image/passive.h"
#include "kernel/abi.h"
#include "kernel/permission.h"
#include "model/schema.h"

#define STAGE SKBSCOPE_STAGE_LOAD

int possible_cpus_ask(struct skbscope_error *error)
{
	int count = libbpf_num_possible_cpus();

	return count > 0 ? 0
			 : fail_errno(error, count, STAGE,
				      "cannot tell how many CPUs this machine may have "
				      "(/sys/devices/system/cpu/possible)");
}

/* libbpf asks once. */
uint32_t possible_cpus(void)
{
	int count = libbpf_num_possible_cpus();

	return count > 0 ? (uint32_t)count : 0;
}

static void note(struct skbscope_diagnostics *diagnostics, const char *message)
{
	const struct skbscope_diagnostic diagnostic = {
		.severity = SKBSCOPE_SEVERITY_NOTE,
		.message = message,
	};

	if (diagnostics)
		skbscope_diagnostics_add(diagnostics, &diagnostic);
}

/* Without type information everything works except its display by bpftool and
 * the verifier's quoting of source lines. */
static int load_btf(const struct skbscope_image *image, struct skbscope_diagnostics *diagnostics)
{
	int fd;

	if (!image->btf || !image->btf_size)
		return -1;
	fd = bpf_btf_load(image->btf, image->btf_size, NULL);
	if (fd < 0 && errno != EPERM)
		note(diagnostics, "the kernel refuses the program's type information (BTF); "
				  "going on without it");
	return fd < 0 ? -1 : fd;
}

#define PER_CPU_VALUE_MAX 32768u /* PCPU_MIN_UNIT_SIZE */

static uint32_t entry_count(const struct skbscope_image_map *map)
{
	if (!map->max_entries && map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return possible_cpus();
	return map->max_entries;
}

/* A lower bound of what the kernel allocates at creation; 0 where it allocates
 * as it goes. The constants are the smallest element headers of any kernel. */
static unsigned __int128 memory_needed(const struct skbscope_image_map *map)
{
	unsigned __int128 entries = entry_count(map);
	uint64_t value = ((uint64_t)map->value_size + 7) / 8 * 8;
	uint64_t key = ((uint64_t)map->key_size + 7) / 8 * 8;

	if (map->flags & BPF_F_NO_PREALLOC)
		return 0;
	switch (map->type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
		return entries * (48 + key + value);
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return entries * (48 + key + value * possible_cpus());
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return entries * value * possible_cpus();
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
		return entries * value;
	default:
		return 0;
	}
}

static uint64_t memory_available(void)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	const char *line;

	if (read_file("/proc/meminfo", 64 << 10, &text) < 0)
		return UINT64_MAX;
	line = strstr(buffer_text(&text), "MemAvailable:");
	return line ? strtoull(line + strlen("MemAvailable:"), NULL, 10) << 10 : UINT64_MAX;
}

static int too_large(const struct skbscope_image_map *map, int code, struct skbscope_error *error)
{
	double megabytes = (double)memory_needed(map) / 1e6;
	double free = (double)memory_available() / 1e6;

	code = fail(error, code, STAGE,
		    "table '%s' (%s, %u entries of %u + %u bytes) needs %.0f MB of kernel memory, "
		    "%.0f MB are available",
		    map->name, map_type_name(map->type), map->max_entries, map->key_size,
		    map->value_size, megabytes, free);
	return hint(error, code, "give it fewer entries, the last argument of its declaration");
}

/* What nobody notices, and what loses nothing at the rate of a fast link for some tenths of a
 * second. */
#define BUFFER_MOST (UINT64_C(16) << 20)
#define BUFFER_LEAST (UINT64_C(1) << 20)

uint64_t maps_buffer_bytes(uint64_t wanted)
{
	static uint64_t bytes;

	if (wanted)
		return wanted;
	if (!bytes) {
		const uint64_t spare = memory_available() / 64;

		for (bytes = BUFFER_MOST; bytes > BUFFER_LEAST && bytes > spare;)
			bytes /= 2;
	}
	return bytes;
}

bool maps_have_rings(void)
{
	static enum { UNTRIED, THERE, MISSING } rings;

	if (rings == UNTRIED) {
		AUTO(closep)
		int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "skbscope_probe", 0, 0,
					(uint32_t)sysconf(_SC_PAGESIZE), NULL);

		if (fd < 0 && (errno == EPERM || errno == EMFILE || errno == ENFILE))
			return true; /* it was not tried */
		rings = fd < 0 ? MISSING : THERE;
	}
	return rings == THERE;
}

static bool is_per_cpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* What the kernel asks of each type, and answers with a mere number if it is not so. */
static const char *rule_broken(const struct skbscope_image_map *map)
{
	const uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE), size = map->max_entries;

	if (is_per_cpu(map->type) && map->value_size > PER_CPU_VALUE_MAX)
		return "a value per CPU has at most 32768 bytes: use BPF_HASH or BPF_ARRAY, or a "
		       "smaller value";
	if (map->type == BPF_MAP_TYPE_LPM_TRIE && !(map->flags & BPF_F_NO_PREALLOC))
		return "an lpm_trie is declared with BPF_LPM_TRIE(name, key type, value type, "
		       "entries), "
		       "which sets BPF_F_NO_PREALLOC";
	if (map->type == BPF_MAP_TYPE_RINGBUF && (size % page || (size & (size - 1))))
		return "the pages of a ring buffer are a power of two: 8, 16, 32…";
	if ((map->type == BPF_MAP_TYPE_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_ARRAY) &&
	    map->key_size != sizeof(uint32_t))
		return "an array's key has 4 bytes: int or u32";
	if (!size)
		return "a table has at least 1 entry";
	return NULL;
}

static int refused(const struct skbscope_image_map *map, int code, struct skbscope_error *error)
{
	const char *rule = code == -EPERM || code == -EACCES ? NULL : rule_broken(map);
	const char *type = map_type_name(map->type);

	if (rule)
		return hint(
			error,
			fail(error, code, STAGE,
			     "the kernel refuses the table '%s': %s with %u entries, keys of %u "
			     "and values of %u bytes",
			     map->name, type, map->max_entries, map->key_size, map->value_size),
			"%s", rule);
	switch (-code) {
	case EPERM:
	case EACCES:
		code = fail(error, code, STAGE, "running a program needs root");
		return permission_hint(error, code);
	case E2BIG:
	case ENOMEM:
		if (memory_needed(map) > (64u << 20))
			return too_large(map, code, error);
		return fail_errno(error, code, STAGE,
				  "cannot create the table '%s' (%s, %u entries of %u + %u bytes)",
				  map->name, type, map->max_entries, map->key_size,
				  map->value_size);
	case EINVAL:
		code = fail(error, code, STAGE,
			    "the kernel refuses the table '%s': %s with %u entries, keys of %u and "
			    "values of %u bytes",
			    map->name, type, map->max_entries, map->key_size, map->value_size);
		return hint(error, code,
			    "this kernel may not have the type, or not allow one of its sizes");
	default:
		return fail_errno(error, code, STAGE, "cannot create the table '%s' (%s)",
				  map->name, type);
	}
}

static int create_with(const struct skbscope_image_map *map, const struct map_set *set, int inner,
		       uint32_t flags)
{
	struct bcc_create_map_attr attributes;
	int fd;

	memset(&attributes, 0, sizeof(attributes));
	attributes.name = map->name;
	attributes.map_type = map->type;
	attributes.map_flags = map->flags | flags;
	attributes.key_size = map->key_size;
	attributes.value_size = map->value_size;
	attributes.max_entries = entry_count(map);
	if (inner >= 0)
		attributes.inner_map_fd = (uint32_t)inner;
	if (set->btf >= 0 && map->btf_value_type_id) {
		attributes.btf_fd = (uint32_t)set->btf;
		attributes.btf_key_type_id = map->btf_key_type_id;
		attributes.btf_value_type_id = map->btf_value_type_id;
	}
	fd = bcc_create_map_xattr(&attributes, true);
	if (fd < 0 && attributes.btf_fd && errno != EPERM && errno != ENOMEM) {
		attributes.name = map->name;
		attributes.btf_fd = 0;
		attributes.btf_key_type_id = 0;
		attributes.btf_value_type_id = 0;
		fd = bcc_create_map_xattr(&attributes, true);
	}
	return fd < 0 ? -errno : fd;
}

static bool is_hash(uint32_t type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* Of a recording, rows come in the same order each time, which takes CAP_SYS_ADMIN. */
static int create(const struct skbscope_image_map *map, const struct map_set *set, int inner)
{
	int fd = -1;

	if (set->replay >= 0 && is_hash(map->type))
		fd = create_with(map, set, inner, BPF_F_ZERO_SEED);
	return fd < 0 ? create_with(map, set, inner, 0) : fd;
}

static int check_pin(const struct skbscope_image_map *map, int fd, struct skbscope_error *error)
{
	struct bpf_map_info info;
	uint32_t length = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (bpf_obj_get_info(fd, &info, &length) < 0)
		return fail_errno(error, errno, STAGE, "'%s' is not a pinned table", map->pin_path);
	if (info.type == map->type && info.key_size == map->key_size &&
	    info.value_size == map->value_size && info.max_entries == entry_count(map))
		return 0;
	return hint(
		error,
		fail(error, EEXIST, STAGE,
		     "the table pinned at '%s' is %s with %u entries of %u + %u bytes, but '%s' "
		     "is declared as %s with %u entries of %u + %u bytes",
		     map->pin_path, map_type_name(info.type), info.max_entries, info.key_size,
		     info.value_size, map->name, map_type_name(map->type), entry_count(map),
		     map->key_size, map->value_size),
		"change the declaration, or remove the pin with: rm %s", map->pin_path);
}

static int pin(const struct skbscope_image_map *map, int fd, struct skbscope_error *error)
{
	AUTO(freep) char *directory = strdup(map->pin_path);
	char *slash = directory ? strrchr(directory, '/') : NULL;
	struct statfs fs;

	if (!directory)
		return fail_memory(error, STAGE);
	if (slash && slash != directory)
		*slash = '\0';
	if (!slash || statfs(directory, &fs) < 0 || (unsigned long)fs.f_type != ABI_BPF_FS_MAGIC)
		return hint(error,
			    fail(error, ENOENT, STAGE,
				 "cannot pin the table '%s' at '%s': its directory is not on a "
				 "mounted bpffs",
				 map->name, map->pin_path),
			    "mount -t bpf bpf /sys/fs/bpf, and create the directory");
	if (bpf_obj_pin(fd, map->pin_path) < 0)
		return fail_errno(error, errno, STAGE, "cannot pin the table '%s' at '%s'",
				  map->name, map->pin_path);
	return 0;
}

/* A table of events as its reader wants it: nobody else sees the map. */
static int open_buffer(const struct skbscope_image_map *map, const struct map_plan *plan,
		       enum events_buffer buffer, struct map_set *set, int *out,
		       struct skbscope_error *error)
{
	struct skbscope_image_map made = *map;
	const uint64_t bytes = maps_buffer_bytes(plan->buffer_bytes);
	int fd;

	if (buffer == EVENTS_RING && rule_broken(map))
		return refused(map, -EINVAL, error);
	if (buffer == EVENTS_PERF)
		made.max_entries = 0; /* the image knows another machine's CPUs */
	else if (buffer == EVENTS_AS_RING || plan->buffer_bytes || made.max_entries < bytes)
		made.max_entries = (uint32_t)bytes;
	if (buffer == EVENTS_AS_RING) {
		made.type = BPF_MAP_TYPE_RINGBUF;
		made.key_size = made.value_size = made.flags = 0;
	}
	made.btf_key_type_id = made.btf_value_type_id = 0;
	fd = create(&made, set, -1);
	if (fd == -ENOMEM && !plan->buffer_bytes && buffer == EVENTS_RING) {
		made.max_entries = map->max_entries;
		fd = create(&made, set, -1);
	}
	if (fd < 0)
		return refused(&made, fd, error);
	*out = fd;
	return 0;
}

/* As BPF_TABLE_PINNED promises: the pinned table if there is one, else a new one
 * that is pinned and stays. */
static int open_pinned(const struct skbscope_image_map *map, const struct map_set *set, int inner,
		       int *out, bool *pinned, struct skbscope_error *error)
{
	AUTO(closep) int fd = bpf_obj_get(map->pin_path);
	int r;

	if (fd >= 0) {
		r = check_pin(map, fd, error);
	} else if (errno == ENOENT) {
		fd = create(map, set, inner);
		if (fd < 0)
			return refused(map, fd, error);
		r = pin(map, fd, error);
		*pinned = r >= 0;
	} else {
		r = fail_errno(error, errno, STAGE, "cannot open the table pinned at '%s'",
			       map->pin_path);
	}
	if (r < 0)
		return r;
	*out = TAKE_FD(fd);
	return 0;
}

static int duplicate(int fd, int *out, struct skbscope_error *error)
{
	*out = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *out < 0 ? fail_errno(error, errno, STAGE, "cannot duplicate a table's descriptor")
			: 0;
}

static int open_map(const struct skbscope_image *image, const struct map_plan *plan,
		    struct map_set *set, size_t index, struct skbscope_error *error)
{
	const struct skbscope_image_map *map = &image->maps[index];
	const enum events_buffer buffer = plan->buffers ? plan->buffers[index] : EVENTS_NONE;
	int inner = map->inner_map >= 0 ? set->maps[map->inner_map] : -1;
	int fd;

	if (map->pin_path && set->replay < 0)
		return open_pinned(map, set, inner, &set->maps[index], &set->pinned[index], error);
	if (buffer != EVENTS_NONE)
		return open_buffer(map, plan, buffer, set, &set->maps[index], error);
	if (memory_needed(map) > memory_available())
		return too_large(map, ENOMEM, error);
	fd = create(map, set, inner);
	if (fd < 0)
		return refused(map, fd, error);
	set->maps[index] = fd;
	return 0;
}

static int open_all(const struct skbscope_image *image, const struct map_plan *plan,
		    struct map_set *set, struct skbscope_error *error)
{
	const struct map_reuse *reuse = plan->reuse;

	/* Templates first; a template is itself never a map of maps. */
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < image->map_count; i++) {
			int r;

			if ((image->maps[i].inner_map >= 0) != (pass == 1))
				continue;
			if (reuse && reuse->maps && reuse->maps[i] >= 0)
				r = duplicate(reuse->maps[i], &set->maps[i], error);
			else
				r = open_map(image, plan, set, i, error);
			if (r < 0)
				return r;
		}
	return 0;
}

static int open_verdicts(uint32_t functions, struct map_set *set, struct skbscope_error *error)
{
	const struct skbscope_image_map verdicts = {
		.name = "skb_verdicts",
		.type = BPF_MAP_TYPE_PERCPU_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint64_t),
		.max_entries = functions * PASSIVE_SLOTS,
		.inner_map = -1,
	};

	set->verdicts = create(&verdicts, set, -1);
	return set->verdicts < 0 ? refused(&verdicts, set->verdicts, error) : 0;
}

static int open_events(const struct skbscope_image *image, const enum events_buffer *buffers,
		       struct map_set *set, struct skbscope_error *error)
{
	const struct skbscope_image_map events = {
		.name = "skb_events",
		.type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = events_value_size((uint32_t)image->map_count),
		.max_entries = 1,
		.flags = BPF_F_MMAPABLE,
		.inner_map = -1,
	};

	for (size_t i = 0; i < image->map_count; i++)
		set->as_ring[i] = buffers[i] == EVENTS_AS_RING;
	set->events = create(&events, set, -1);
	return set->events < 0 ? refused(&events, set->events, error) : 0;
}

static int open_points(uint32_t count, struct map_set *set, struct skbscope_error *error)
{
	const struct skbscope_image_map points = {
		.name = "skb_points",
		.type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = count,
		.max_entries = 1,
		.inner_map = -1,
	};

	set->points = create(&points, set, -1);
	return set->points < 0 ? refused(&points, set->points, error) : 0;
}

static bool any_counts(const bool *counts, size_t count)
{
	for (size_t i = 0; counts && i < count; i++)
		if (counts[i])
			return true;
	return false;
}

int maps_create(const struct skbscope_image *image, uint32_t functions, const struct map_plan *plan,
		struct map_set *out, struct skbscope_diagnostics *diagnostics,
		struct skbscope_error *error)
{
	static const struct map_plan as_declared;
	struct map_set set = {
		.btf = -1,
		.verdicts = -1,
		.events = -1,
		.points = -1,
		.replay = plan && plan->reuse ? plan->reuse->replay : -1,
		.counts = plan ? plan->counts : NULL,
		.count = image->map_count,
	};
	const struct map_reuse *reuse;
	int r;

	plan = plan ? plan : &as_declared;
	reuse = plan->reuse;
	set.maps = malloc((image->map_count + 1) * sizeof(*set.maps));
	set.pinned = calloc(image->map_count + 1, sizeof(*set.pinned));
	set.as_ring = calloc(image->map_count + 1, sizeof(*set.as_ring));
	if (!set.maps || !set.pinned || !set.as_ring) {
		free(set.maps);
		free(set.pinned);
		free(set.as_ring);
		return fail_memory(error, STAGE);
	}
	for (size_t i = 0; i < set.count; i++)
		set.maps[i] = -1;

	set.btf = load_btf(image, diagnostics);
	if (reuse && reuse->verdicts >= 0)
		r = duplicate(reuse->verdicts, &set.verdicts, error);
	else
		r = open_verdicts(functions, &set, error);
	if (r == 0 && plan->buffers &&
	    (events_any(image) || any_counts(plan->counts, image->map_count)))
		r = open_events(image, plan->buffers, &set, error);
	if (r == 0 && plan->points)
		r = open_points(plan->points, &set, error);
	if (r == 0)
		r = open_all(image, plan, &set, error);
	if (r < 0) {
		maps_unpin(image, &set);
		maps_close(&set);
		return r;
	}
	*out = set;
	return 0;
}

void maps_unpin(const struct skbscope_image *image, struct map_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->pinned[i])
			unlink(image->maps[i].pin_path);
}

void maps_close(struct map_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		closep(&set->maps[i]);
	closep(&set->verdicts);
	closep(&set->events);
	closep(&set->points);
	closep(&set->btf);
	free(TAKE(set->maps));
	free(TAKE(set->pinned));
	free(TAKE(set->as_ring));
	set->count = 0;
}
