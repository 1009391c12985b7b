/* SPDX-License-Identifier: Apache-2.0 */
#include "calls/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define TEXT_MAX 512

/* Where a line is, for who is told of it. */
struct place {
	const char *file;
	uint64_t number;
};

__attribute__((format(printf, 3, 4))) static void
say(struct verify *verify, const struct place *place, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	verify->problems++;
	verify->problem(verify->context, place->file, place->number, text);
}

void verify_open(struct verify *verify, const uint8_t *key)
{
	*verify = (struct verify){ .closed = false };
	chain_open(&verify->chain, key);
}

bool verify_expect(struct verify *verify, const char *text)
{
	const char *colon = strchr(text, ':');
	char number[24] = "";

	if (!colon || (size_t)(colon - text) >= sizeof(number) || strlen(colon + 1) != CHAIN_HEX ||
	    strspn(colon + 1, "0123456789abcdef") != CHAIN_HEX)
		return false;
	memcpy(number, text, (size_t)(colon - text));
	strcpy(verify->expected_hash, colon + 1);
	return text_number(number, &verify->expected) && verify->expected;
}

static bool says(const char *line, size_t length, const char *what)
{
	char member[48];
	int size = snprintf(member, sizeof(member), "\",\"audit\":\"%s\",", what);

	return memmem(line, length < 160 ? length : 160, member, (size_t)size) != NULL;
}

static uint64_t member(const char *line, const char *name)
{
	const char *at = strstr(line, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static void look_at(struct verify *verify, const char *line, size_t length)
{
	if (says(line, length, "resumed"))
		verify->seams++;
	if (says(line, length, "lost"))
		verify->lost += member(line, "\"lines\":");
	if (says(line, length, "loss"))
		verify->losses++;
}

/* Against the line before it. */
static void compare(struct verify *verify, const struct chain_head *head, const struct place *place)
{
	const struct chain *chain = &verify->chain;

	if (head->number > chain->next)
		say(verify, place, "lines %" PRIu64 " to %" PRIu64 " are missing before this one",
		    chain->next, head->number - 1);
	else if (head->number < chain->next)
		say(verify, place,
		    "line %" PRIu64 " is not in its place: %" PRIu64 " was to come here",
		    head->number, chain->next);
	else if (strcmp(head->before, chain->before) != 0)
		say(verify, place,
		    "line %" PRIu64 " is not what it was when line %" PRIu64
		    " was written, or that one was changed",
		    head->number - 1, head->number);
}

static void check_expected(struct verify *verify, const struct place *place)
{
	if (verify->chain.next - 1 != verify->expected)
		return;
	verify->met = true;
	if (strcmp(verify->chain.before, verify->expected_hash) != 0)
		say(verify, place, "line %" PRIu64 " has the hash %s, and %s is expected",
		    verify->expected, verify->chain.before, verify->expected_hash);
}

/* A closing line says with which one its file begins. */
static void check_first(struct verify *verify, const char *line, const struct place *place)
{
	const uint64_t first = member(line, "\"first\":");

	if (first && first < verify->file_first)
		say(verify, place,
		    "lines %" PRIu64 " to %" PRIu64
		    " are missing: the file began with them, as its closing line says",
		    first, verify->file_first - 1);
}

static void take(struct verify *verify, const char *line, size_t length, const struct place *place)
{
	struct chain_head head;

	if (!chain_read(line, length, &head)) {
		say(verify, place, "this is no line of an audit");
		return;
	}
	if (!verify->first) { /* what there was before is not known here */
		verify->first = head.number;
		verify->chain.next = head.number;
		if (head.number > 1)
			strcpy(verify->chain.before, head.before);
	}
	if (!verify->file_first)
		verify->file_first = head.number;
	compare(verify, &head, place);
	verify->closed = chain_is_closing(line, length);
	if (verify->closed && !chain_closing_fits(&verify->chain, line, length))
		say(verify, place, "the closing line %" PRIu64 " was changed%s", head.number,
		    verify->chain.keyed ? ", or written with another key" : "");
	else if (verify->closed)
		check_first(verify, line, place);
	look_at(verify, line, length);
	chain_follow(&verify->chain, head.number, line, length);
	verify->last = head.number;
	verify->lines++;
	check_expected(verify, place);
}

/* A line that is no line is forgiven where the next one says how much of it there is. */
static bool is_torn(const char *torn, size_t length, const char *next, size_t next_length)
{
	struct chain_head head;

	return torn && chain_read(next, next_length, &head) && says(next, next_length, "resumed") &&
	       member(next, "\"torn_bytes\":") == length;
}

static ssize_t read_line(char **line, size_t *room, FILE *file)
{
	ssize_t length = getline(line, room, file);

	if (length > 0 && (*line)[length - 1] == '\n')
		(*line)[--length] = '\0';
	return length;
}

uint64_t verify_first(FILE *file)
{
	AUTO(freep) char *line = NULL;
	struct chain_head head = { .number = 0 };
	size_t room = 0;
	ssize_t length = read_line(&line, &room, file);

	if (length < 0 || !chain_read(line, (size_t)length, &head))
		head.number = 0;
	rewind(file);
	return head.number;
}

bool verify_key_fits(const struct verify *verify, FILE *file)
{
	AUTO(freep) char *line = NULL;
	struct chain chain = verify->chain;
	size_t room = 0;
	ssize_t length;
	bool fits = false, asked = false, behind = false;

	while (!fits && (length = read_line(&line, &room, file)) >= 0) {
		struct chain_head head;

		if (!chain_read(line, (size_t)length, &head))
			continue;
		if (behind || chain_is_closing(line, (size_t)length)) {
			asked = true;
			fits = (behind && strcmp(head.before, chain.before) == 0) ||
			       chain_closing_fits(&chain, line, (size_t)length);
		}
		chain_follow(&chain, head.number, line, (size_t)length);
		behind = true;
	}
	rewind(file);
	return fits || !asked;
}

void verify_no_key(struct verify *verify, const char *name)
{
	const struct place place = { name, 0 };

	if (verify->chain.keyed)
		say(verify, &place,
		    "no line fits the key of --audit-key: it was written with another one or "
		    "without, or all of it was changed");
	else
		say(verify, &place,
		    "no line fits without a key: it was written with one, which --audit-key is to "
		    "name, or all of it was changed");
}

int verify_file(struct verify *verify, FILE *file, const char *name)
{
	AUTO(freep) char *line = NULL, *torn = NULL;
	struct place place = { name, 0 };
	size_t room = 0, torn_length = 0;
	ssize_t length;

	verify->file_first = 0;
	while ((length = read_line(&line, &room, file)) >= 0) {
		struct chain_head head;

		place.number++;
		if (torn && !is_torn(torn, torn_length, line, (size_t)length))
			take(verify, torn, torn_length, &(struct place){ name, place.number - 1 });
		free(TAKE(torn));
		if (chain_read(line, (size_t)length, &head)) {
			take(verify, line, (size_t)length, &place);
			continue;
		}
		torn = strndup(line, (size_t)length);
		torn_length = (size_t)length;
		if (!torn)
			return -ENOMEM;
	}
	if (torn) {
		place.number++;
		take(verify, torn, torn_length, &place);
	}
	return ferror(file) ? -EIO : 0;
}

void verify_end(struct verify *verify, const char *name)
{
	const struct place place = { name, 0 };

	if (verify->expected && !verify->met)
		say(verify, &place,
		    "line %" PRIu64 ", which is expected, is not there: %" PRIu64 " is the last",
		    verify->expected, verify->last);
	else if (!verify->closed && !verify->expected)
		say(verify, &place,
		    "there is no closing line: a run still writes it, or it was cut; --expect "
		    "SEQ:HASH of a line tells");
}
