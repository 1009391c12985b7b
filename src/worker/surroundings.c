/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libbcc's headers are in a std::map<std::string, const char *> that it exports and has no
 * function for. It is read here as libstdc++ lays it out, which its ABI holds fast; anything
 * else is noticed by the first name.
 */
#include "worker/surroundings.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define HEADERS "_ZN4ebpf13ExportedFiles8headers_B5cxx11E"
#define NAMES "/virtual/"
#define DEPTH_MAX 32

struct node {
	int colour;
	const struct node *parent, *left, *right;
	const char *name;
	size_t name_length;
	char name_room[16];
	const char *text;
};

struct map {
	void *compare;
	int colour;
	const struct node *root, *first, *last;
	size_t count;
};

static struct {
	bool watching;
	struct buffer arguments; /* each with a NUL */
} state;

void surroundings_watch(void)
{
	state.watching = true;
}

void surroundings_note(const char *const *arguments, size_t count)
{
	for (size_t i = 0; state.watching && i < count; i++)
		buffer_append(&state.arguments, arguments[i], strlen(arguments[i]) + 1);
	state.watching = state.watching && !count;
}

static void put(struct buffer *out, enum surroundings_entry kind, const char *text)
{
	const char letter = (char)kind;

	buffer_append(out, &letter, 1);
	buffer_append(out, text, strlen(text) + 1);
}

static bool put_headers(const struct node *node, unsigned int depth, struct buffer *out)
{
	if (!node)
		return true;
	if (depth == DEPTH_MAX || node->name_length <= strlen(NAMES) ||
	    strncmp(node->name, NAMES, strlen(NAMES)) != 0 || !node->text)
		return false;
	if (!put_headers(node->left, depth + 1, out))
		return false;
	put(out, SURROUNDINGS_HEADER, node->name);
	put(out, SURROUNDINGS_TEXT, node->text);
	return put_headers(node->right, depth + 1, out);
}

bool surroundings_write(const struct worker_request *request, struct buffer *out)
{
	const struct map *map = dlsym(RTLD_DEFAULT, HEADERS);
	const char *at = buffer_text(&state.arguments), *end = at + state.arguments.length;

	if (at == end) {
		fprintf(stderr, "this libbcc keeps its calls of clang to itself\n");
		return false;
	}
	if (!map || !map->count || !put_headers(map->root, 0, out)) {
		fprintf(stderr, "this libbcc keeps its headers to itself\n");
		return false;
	}
	for (; at < end; at += strlen(at) + 1) {
		struct buffer real = { 0 };

		request_real_names(request, at, strlen(at), &real);
		put(out, SURROUNDINGS_ARGUMENT, buffer_text(&real));
		out->failed |= real.failed;
		buffer_free(&real);
	}
	return !out->failed;
}
