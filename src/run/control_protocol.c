/* SPDX-License-Identifier: Apache-2.0 */
/* Words with a NUL behind each, and what they mean in their places. */
#include "run/control_protocol.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "render/registry.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE
#define GREETING "skbscope-control 1" /* the number changes where the rest does */
#define HEADER_MAX 96                 /* of an answer */

const char *const control_verbs[] = {
	[CONTROL_LIST] = "list",     [CONTROL_GET] = "get",         [CONTROL_SET] = "set",
	[CONTROL_DELETE] = "delete", [CONTROL_CLEAR] = "clear",     [CONTROL_RELOAD] = "reload",
	[CONTROL_STOP] = "stop",     [CONTROL_CONFIRM] = "confirm", [CONTROL_CONFIRM + 1] = NULL,
};

static void put(struct buffer *out, const char *word)
{
	buffer_append(out, word, strlen(word) + 1);
}

/* The next of a run of words; NULL at the end. The last has its NUL, or there is none. */
static const char *take(const char **at, const char *end)
{
	const char *word = *at;

	if (word >= end)
		return NULL;
	*at += strlen(word) + 1;
	return word;
}

static int malformed(struct skbscope_error *error, const char *what)
{
	return hint(error, fail(error, EBADMSG, STAGE, "this is no %s of 'skbscope ctl'", what),
		    "the two may be of different versions of skbscope");
}

void control_request_write(const struct control_request *request, struct buffer *out)
{
	char width[16];

	snprintf(width, sizeof(width), "%" PRIu32, request->width);
	put(out, GREETING);
	put(out, control_verbs[request->verb]);
	put(out, render_format_names[request->format]);
	put(out, width);
	put(out, request->colour ? "1" : "0");
	put(out, request->exact ? "1" : "0");
	for (size_t i = 0; i < request->count; i++)
		put(out, request->operands[i]);
}

/* Its place among the names; -1: none of them. */
static int place_of(const char *const *names, const char *word)
{
	for (int i = 0; word && names[i]; i++)
		if (strcmp(names[i], word) == 0)
			return i;
	return -1;
}

int control_request_parse(const struct buffer *bytes, struct control_request *out,
			  struct skbscope_error *error)
{
	static const char *const flags[] = { "0", "1", NULL };
	const char *at = buffer_text(bytes), *end = at + bytes->length, *word;
	AUTO(control_request_clear) struct control_request request = { 0 };
	int verb, colour, exact;
	uint64_t width;

	if (!bytes->length || end[-1])
		return malformed(error, "request");
	word = take(&at, end);
	if (strcmp(word, GREETING) != 0)
		return malformed(error, "request");
	verb = place_of(control_verbs, take(&at, end));
	request.format = place_of(render_format_names, take(&at, end));
	word = take(&at, end);
	if (!word || !text_number(word, &width) || width > UINT16_MAX)
		return malformed(error, "request");
	colour = place_of(flags, take(&at, end));
	exact = place_of(flags, take(&at, end));
	if (verb < 0 || request.format < 0 || colour < 0 || exact < 0)
		return malformed(error, "request");
	request.verb = (enum control_verb)verb;
	request.width = (uint32_t)width;
	request.colour = colour;
	request.exact = exact;
	for (const char *from = at; take(&from, end);)
		request.count++;
	request.operands = calloc(request.count + 1, sizeof(*request.operands));
	if (!request.operands)
		return fail_memory(error, STAGE);
	for (size_t i = 0; i < request.count; i++)
		request.operands[i] = take(&at, end);
	*out = request;
	request.operands = NULL;
	return 0;
}

void control_request_clear(struct control_request *request)
{
	free(TAKE(request->operands));
}

void control_answer_write(int status, const struct buffer *out, const struct buffer *err,
			  struct buffer *bytes)
{
	static const char large[] = "skbscope: the answer is larger than 16 MiB\n"
				    "  ask for single rows, or: bpftool map dump name TABLE\n";
	const struct buffer none = { 0 };
	struct buffer excuse = { .data = (char *)(uintptr_t)large, .length = sizeof(large) - 1 };

	if (out->length + err->length > CONTROL_ANSWER_MAX - HEADER_MAX) {
		status = 1;
		out = &none;
		err = &excuse;
	}
	buffer_printf(bytes, GREETING " %d %zu %zu\n", status, out->length, err->length);
	buffer_append(bytes, buffer_text(out), out->length);
	buffer_append(bytes, buffer_text(err), err->length);
}

int control_answer_parse(const struct buffer *bytes, struct control_answer *out,
			 struct skbscope_error *error)
{
	struct span rest = { buffer_text(bytes), bytes->length }, line;
	char header[HEADER_MAX];
	uint64_t numbers[3];
	char *at = header, *word;

	if (!bytes->length)
		return fail(error, EPIPE, STAGE, "it ended without an answer");
	if (!span_cut(&rest, "\n", &line) || line.length >= sizeof(header) ||
	    !span_skip(&line, GREETING " "))
		return malformed(error, "answer");
	memcpy(header, line.text, line.length);
	header[line.length] = '\0';
	for (size_t i = 0; i < 3; i++) {
		word = strsep(&at, " ");
		if (!word || !text_number(word, &numbers[i]))
			return malformed(error, "answer");
	}
	if (at || numbers[0] > UINT8_MAX || numbers[1] > rest.length ||
	    numbers[2] != rest.length - numbers[1])
		return malformed(error, "answer");
	out->status = (int)numbers[0];
	out->out = (struct span){ rest.text, (size_t)numbers[1] };
	out->err = span_from(rest, (size_t)numbers[1]);
	return 0;
}

static void put_pair(struct buffer *out, const char *key, const char *value)
{
	buffer_printf(out, "%s %s", key, value);
	buffer_append(out, "", 1);
}

static void put_number(struct buffer *out, const char *key, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	put_pair(out, key, text);
}

void control_about_write(const struct control_about *about, struct buffer *out)
{
	put_pair(out, "program", about->program);
	put_pair(out, "path", about->path);
	put_number(out, "enforced", about->enforced);
	put_number(out, "started_ns", about->started_ns);
	if (about->confirm_ns)
		put_number(out, "confirm_ns", about->confirm_ns);
	for (size_t i = 0; i < about->hook_count; i++)
		put_pair(out, "hook", about->hooks[i]);
	for (size_t i = 0; i < about->table_count; i++)
		put_pair(out, "table", about->tables[i]);
}

static bool is_key(const char *word, const char *key, const char **value)
{
	const size_t length = strlen(key);

	if (strncmp(word, key, length) != 0 || word[length] != ' ')
		return false;
	*value = word + length + 1;
	return true;
}

/* What a later version says besides is not for us. */
static bool parse_pair(const char *word, struct control_about *about)
{
	uint64_t enforced = 0;
	const char *value;

	if (is_key(word, "program", &value))
		about->program = value;
	else if (is_key(word, "path", &value))
		about->path = value;
	else if (is_key(word, "hook", &value))
		about->hooks[about->hook_count++] = value;
	else if (is_key(word, "table", &value))
		about->tables[about->table_count++] = value;
	else if (is_key(word, "started_ns", &value))
		return text_number(value, &about->started_ns);
	else if (is_key(word, "confirm_ns", &value))
		return text_number(value, &about->confirm_ns);
	else if (is_key(word, "enforced", &value)) {
		if (!text_number(value, &enforced))
			return false;
		about->enforced = enforced != 0;
	}
	return true;
}

int control_about_parse(const struct buffer *text, struct control_about *out,
			struct skbscope_error *error)
{
	AUTO(control_about_clear)
	struct control_about about = { .program = "", .path = "" };
	const char *at = buffer_text(text), *end = at + text->length, *word;
	size_t words = 0;

	if (!text->length || end[-1])
		return malformed(error, "answer");
	for (const char *from = at; take(&from, end);)
		words++;
	about.hooks = calloc(words + 1, sizeof(*about.hooks));
	about.tables = calloc(words + 1, sizeof(*about.tables));
	if (!about.hooks || !about.tables)
		return fail_memory(error, STAGE);
	while ((word = take(&at, end)))
		if (!parse_pair(word, &about))
			return malformed(error, "answer");
	*out = about;
	about.hooks = about.tables = NULL;
	return 0;
}

void control_about_clear(struct control_about *about)
{
	free(TAKE(about->hooks));
	free(TAKE(about->tables));
}
