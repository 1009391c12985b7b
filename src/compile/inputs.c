/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths come from a process that ran a stranger's program: they only ever lead to files
 * being looked at, and nothing but a regular file is opened.
 */
#include "compile/inputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "compile/protocol.h"

#define EMPTY_NS UINT64_C(200000000) /* how long a file is empty that is being written */

/* Which of two libraries of one name is loaded; the worker's environment is empty. */
static const char *const linker_files[] = { "/etc/ld.so.cache", "/etc/ld.so.preload" };

void inputs_freep(struct skbscope_inputs **inputs)
{
	skbscope_inputs_free(*inputs);
	*inputs = NULL;
}

void skbscope_inputs_free(struct skbscope_inputs *inputs)
{
	arena_object_free(inputs);
}

static void append(struct skbscope_inputs *inputs, const struct input *input)
{
	if (inputs->count == inputs->capacity) {
		size_t capacity = inputs->capacity * 2 + 64;
		struct input *items = ARENA_ARRAY(arena_of(inputs), struct input, capacity);

		if (!items)
			return;
		if (inputs->count)
			memcpy(items, inputs->items, inputs->count * sizeof(*items));
		inputs->items = items;
		inputs->capacity = capacity;
	}
	inputs->items[inputs->count++] = *input;
}

void inputs_add(struct skbscope_inputs *inputs, enum input_role role, bool users, const char *path)
{
	append(inputs, &(struct input){ .role = role,
					.users = users,
					.path = arena_string(arena_of(inputs), path) });
}

/* Absolute, without its links resolved: a link may be made to lead elsewhere. */
static const char *program_path(const struct skbscope_source *source, struct arena *arena)
{
	AUTO(freep) char *directory = realpath(source->directory, NULL);
	const char *slash = strrchr(source->path, '/');

	if (source->path[0] == '/')
		return source->path;
	return directory && strcmp(source->path, "-") != 0
		       ? arena_printf(arena, "%s/%s", directory, slash ? slash + 1 : source->path)
		       : NULL;
}

int inputs_new(const struct skbscope_source *source, struct skbscope_inputs **out)
{
	struct skbscope_inputs *inputs = arena_object_new(sizeof(*inputs));
	const char *program = inputs && source ? program_path(source, arena_of(inputs)) : NULL;

	if (!inputs)
		return -ENOMEM;
	if (program)
		inputs_add(inputs, INPUT_PROGRAM, true, program);
	*out = inputs;
	return 0;
}

static bool is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 &&
	       (path[length] == '/' || !path[length] || (length && directory[length - 1] == '/'));
}

static bool is_users_directory(const struct inputs_origin *origin, const char *path)
{
	for (size_t i = 0; i < origin->directory_count; i++)
		if (strcmp(origin->directories[i].real, path) == 0)
			return true;
	return false;
}

/* The deepest directory searched that holds it decides: trees lie in each other.
 * What is in none was named by the program with its full path. */
static bool is_users(const struct inputs_origin *origin, const char *path)
{
	const char *deepest = NULL;

	for (size_t i = 0; i < origin->path_count; i++)
		if (is_below(path, origin->paths[i]) &&
		    (!deepest || strlen(origin->paths[i]) > strlen(deepest)))
			deepest = origin->paths[i];
	if (deepest)
		return is_users_directory(origin, deepest);
	return strncmp(path, "/sys/", 5) != 0 && strncmp(path, "/proc/", 6) != 0 &&
	       strncmp(path, "/etc/ld.so.", 11) != 0 && strncmp(path, "/virtual", 8) != 0;
}

void inputs_add_listed(struct skbscope_inputs *inputs, const struct inputs_origin *origin,
		       const struct buffer *bytes)
{
	struct file_list list;
	struct answer answer;
	enum file_role role;
	const char *path;

	/* A worker that crashed has not said what it read. */
	if (answer_read(buffer_text(bytes), bytes->length, &answer) < 0) {
		inputs->complete = false;
		inputs->lost = true;
		return;
	}
	list = (struct file_list){ answer.files, answer.header.files_length };
	while (file_list_next(&list, &role, &path)) {
		if (role == FILE_LOST)
			inputs->lost = true;
		else if (role == FILE_READ && strcmp(path, "/sys/kernel/btf/vmlinux") == 0)
			continue; /* the kernel, which is in the key */
		else if (role == FILE_LIBRARY)
			inputs_add(inputs, INPUT_LIBRARY, false, path);
		else
			inputs_add(inputs, role == FILE_READ ? INPUT_READ : INPUT_MISSED,
				   is_users(origin, path), path);
	}
	inputs->complete = !inputs->lost;
}

static int compare(const void *a, const void *b)
{
	const struct input *one = a, *two = b;
	int order = (one->role > two->role) - (one->role < two->role);

	return order ? order : strcmp(one->path, two->path);
}

/* Of its text there is no doubt. */
static void take_program(struct input *program, const struct skbscope_source *source,
			 uint64_t since_ns)
{
	uint8_t hash[CACHE_HASH_BYTES];
	size_t left = HASHED_MAX_BYTES;

	input_take(program, since_ns, NULL, &left);
	cache_hash(source->text, source->length, hash);
	program->known =
		!S_ISREG(program->identity.mode) || memcmp(hash, program->hash, sizeof(hash)) == 0;
}

static const struct input *find(const struct skbscope_inputs *known, const struct input *input)
{
	return known && known->count
		       ? bsearch(input, known->items, known->count, sizeof(*known->items), compare)
		       : NULL;
}

int inputs_take(struct skbscope_inputs *inputs, const struct skbscope_source *source,
		uint64_t since_ns, const struct skbscope_inputs *known)
{
	size_t kept = 0, left = HASHED_MAX_BYTES;

	for (size_t i = 0; i < sizeof(linker_files) / sizeof(linker_files[0]); i++)
		inputs_add(inputs, access(linker_files[i], F_OK) == 0 ? INPUT_READ : INPUT_MISSED,
			   false, linker_files[i]);
	if (arena_failed(arena_of(inputs)))
		return -ENOMEM;
	qsort(inputs->items, inputs->count, sizeof(*inputs->items), compare);
	for (size_t i = 0; i < inputs->count; i++) {
		struct input *input = &inputs->items[i];

		if (kept && compare(&inputs->items[kept - 1], input) == 0) {
			inputs->items[kept - 1].users |= input->users;
			continue;
		}
		if (input->role == INPUT_PROGRAM)
			take_program(input, source, since_ns);
		else
			input_take(input, since_ns, find(known, input), &left);
		inputs->items[kept++] = *input;
	}
	inputs->count = kept;
	return 0;
}

int inputs_new_unread(const struct skbscope_source *source, uint64_t since_ns,
		      struct skbscope_inputs **out)
{
	int r = inputs_new(source, out);

	if (r == 0) {
		(*out)->complete = true;
		r = inputs_take(*out, source, since_ns, NULL);
	}
	return r;
}

int inputs_join(struct skbscope_inputs *inputs, const struct skbscope_inputs *more)
{
	size_t before = inputs->count;

	for (size_t i = 0; i < more->count; i++) {
		struct input input = more->items[i];
		struct input *there =
			before ? bsearch(&input, inputs->items, before, sizeof(input), compare)
			       : NULL;

		if (there) {
			there->users |= input.users;
			there->known &= input.known;
			continue;
		}
		input.path = arena_string(arena_of(inputs), input.path);
		append(inputs, &input);
	}
	inputs->complete &= more->complete;
	inputs->lost |= more->lost;
	if (arena_failed(arena_of(inputs)))
		return -ENOMEM;
	qsort(inputs->items, inputs->count, sizeof(*inputs->items), compare);
	return 0;
}

int inputs_recall(struct skbscope_inputs *inputs, const struct skbscope_source *source,
		  uint64_t since_ns, const struct input *items, size_t count)
{
	if (inputs->count)
		take_program(inputs->items, source, since_ns);
	for (size_t i = 0; i < count; i++)
		append(inputs, &items[i]);
	inputs->complete = true;
	return arena_failed(arena_of(inputs)) ? -ENOMEM : 0;
}

const struct input *inputs_program(const struct skbscope_inputs *inputs)
{
	return inputs->count && inputs->items[0].role == INPUT_PROGRAM ? inputs->items : NULL;
}

bool inputs_are_certain(const struct skbscope_inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++) {
		const struct input *input = &inputs->items[i];
		bool as_listed = input->role == INPUT_MISSED ? !input->identity.mode
							     : S_ISREG(input->identity.mode);

		if (input->role != INPUT_PROGRAM && (!as_listed || !input->settled))
			return false;
	}
	return inputs->complete;
}

struct inputs_state inputs_look(struct skbscope_inputs *inputs)
{
	struct inputs_state state = { .same = true };
	uint64_t now_ns = clock_file_ns();
	bool refreshed;

	for (size_t i = 0; i < inputs->count; i++) {
		struct input *input = &inputs->items[i];
		struct input_identity now;

		if (!input->users)
			continue;
		state.same &= input_holds(input, now_ns, &refreshed);
		now = input_identify(input->path);
		state.unsettled |= input->role != INPUT_MISSED &&
				   (!now.mode || (S_ISREG(now.mode) && !now.size &&
						  now.changed_ns + EMPTY_NS > now_ns));
	}
	return state;
}

void inputs_renew(struct skbscope_inputs *inputs)
{
	uint64_t now_ns = clock_file_ns();
	size_t left = HASHED_MAX_BYTES;
	bool refreshed;

	for (size_t i = 0; i < inputs->count; i++)
		if (inputs->items[i].users && !input_holds(&inputs->items[i], now_ns, &refreshed))
			input_take(&inputs->items[i], now_ns, NULL, &left);
}

static bool is_as_before(const struct input *input, const struct skbscope_inputs *before)
{
	const struct input *then = find(before, input);

	return then && ((then->identity.mode ^ input->identity.mode) & S_IFMT) == 0 &&
	       memcmp(then->hash, input->hash, sizeof(then->hash)) == 0 &&
	       (input_is_hashed(input) || !S_ISREG(input->identity.mode) ||
		memcmp(&then->identity, &input->identity, sizeof(then->identity)) == 0);
}

bool inputs_are_known(const struct skbscope_inputs *inputs, const struct skbscope_inputs *before)
{
	for (size_t i = 0; i < inputs->count; i++) {
		const struct input *input = &inputs->items[i];

		if (input->users && !input->known && !is_as_before(input, before))
			return false;
	}
	return true;
}

bool inputs_misread(const struct skbscope_inputs *inputs)
{
	for (size_t i = 0; i < inputs->count && inputs->items[i].role == INPUT_PROGRAM; i++)
		if (!inputs->items[i].known && inputs->items[i].identity.size)
			return true;
	return false;
}

void inputs_digest(const struct skbscope_inputs *inputs, uint8_t digest[CACHE_HASH_BYTES])
{
	AUTO(buffer_free) struct buffer all = { 0 };

	for (size_t i = 0; i < inputs->count; i++) {
		const struct input *input = &inputs->items[i];
		const char type[] = { (char)('0' + input->role),
				      (char)('0' + ((input->identity.mode & S_IFMT) >> 12)) };

		if (!input->users)
			continue;
		buffer_append(&all, type, sizeof(type));
		buffer_append(&all, input->path, strlen(input->path) + 1);
		buffer_append(&all, input->hash, sizeof(input->hash));
		if (S_ISREG(input->identity.mode) && !input_is_hashed(input))
			buffer_append(&all, &input->identity, sizeof(input->identity));
	}
	cache_hash(buffer_text(&all), all.length, digest);
}

bool skbscope_inputs_hold(struct skbscope_inputs *inputs)
{
	return inputs_are_known(inputs, NULL) && inputs_look(inputs).same;
}
