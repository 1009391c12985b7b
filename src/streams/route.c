/* SPDX-License-Identifier: Apache-2.0 */
#include "streams/route.h"

#include <string.h>
#include <strings.h>

#define ROUTE_DEPTH 6u

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_letter(char c)
{
	return is_lower((char)(c | 0x20));
}

static bool is_hex(char c)
{
	return is_digit(c) || ((char)(c | 0x20) >= 'a' && (char)(c | 0x20) <= 'f');
}

static struct span before(struct span span, char c)
{
	const char *found = span.length ? memchr(span.text, c, span.length) : NULL;

	return found ? (struct span){ span.text, (size_t)(found - span.text) } : span;
}

struct target target_split(struct span target)
{
	struct target out = { 0 };
	struct span rest = before(target, '#'), authority;
	const char *scheme = span_find(rest, "://");

	if (scheme && rest.length && rest.text[0] != '/' && (size_t)(scheme - rest.text) < 16) {
		rest = span_from(rest, (size_t)(scheme - rest.text) + 3);
		authority = before(before(rest, '/'), '?');
		rest = span_from(rest, authority.length);
		for (size_t i = 0; i < authority.length; i++)
			if (authority.text[i] == '@') {
				authority = span_from(authority, i + 1);
				i = (size_t)-1;
			}
		out.host = authority;
	}
	/* "//user:password@host/": a path, but some take it for a host's. */
	if (rest.length > 2 && rest.text[0] == '/' && rest.text[1] == '/') {
		authority = before(before(span_from(rest, 2), '/'), '?');
		for (size_t i = authority.length; i; i--)
			if (authority.text[i - 1] == '@') {
				rest = span_from(rest, 2 + i);
				break;
			}
	}
	out.path = before(rest, '?');
	if (out.path.length < rest.length)
		out.query = span_from(rest, out.path.length + 1);
	return out;
}

/* Takes the next segment of a path, and the slashes before it. */
static bool next_segment(struct span *rest, struct span *segment)
{
	while (rest->length && rest->text[0] == '/')
		*rest = span_from(*rest, 1);
	if (!rest->length)
		return false;
	*segment = before(*rest, '/');
	*rest = span_from(*rest, segment->length);
	return true;
}

void route_path(struct span path, struct buffer *out)
{
	while (path.length) {
		struct span segment = before(path, '/'), plain = before(segment, ';');

		buffer_append(out, plain.text, plain.length);
		path = span_from(path, segment.length);
		if (path.length) {
			buffer_append(out, "/", 1);
			path = span_from(path, 1);
		}
	}
}

/* Digits, dots between them; how much of the segment that is. */
static size_t dotted(struct span segment)
{
	size_t n = 0;

	while (n < segment.length && (is_digit(segment.text[n]) || (n && segment.text[n] == '.' &&
								    is_digit(segment.text[n - 1]))))
		n++;
	return n && segment.text[n - 1] == '.' ? n - 1 : n;
}

bool route_is_version(struct span segment)
{
	static const char *const stages[] = { "alpha", "beta", "preview", "rc", "p" };
	size_t n;

	if (segment.length < 2 || segment.length > 16 || (segment.text[0] | 0x20) != 'v')
		return false;
	segment = span_from(segment, 1);
	n = dotted(segment);
	if (!n || n > 8)
		return false;
	segment = span_from(segment, n);
	for (size_t i = 0; segment.length && i < sizeof(stages) / sizeof(*stages); i++)
		if (span_skip(&segment, stages[i]))
			break;
	return dotted(segment) == segment.length;
}

/* 2024-10, 2024-10-21 */
static bool is_date(struct span segment)
{
	static const char shape[] = "dddd-dd-dd";

	if (segment.length != 7 && segment.length != 10)
		return false;
	for (size_t i = 0; i < segment.length; i++)
		if (shape[i] == 'd' ? !is_digit(segment.text[i]) : segment.text[i] != shape[i])
			return false;
	return true;
}

static bool is_version_after(struct span segment, struct span previous)
{
	return route_is_version(segment) ||
	       ((span_is(previous, "api") || span_is(previous, "ajax-api")) &&
		((dotted(segment) == segment.length && segment.length <= 6) || is_date(segment)));
}

struct span route_version(struct span path)
{
	struct span segment, previous = { 0 };

	while (next_segment(&path, &segment)) {
		if (is_version_after(segment, previous))
			return segment;
		previous = segment;
	}
	return (struct span){ 0 };
}

static bool is_uuid(struct span segment)
{
	if (segment.length != 36)
		return false;
	for (size_t i = 0; i < 36; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? segment.text[i] != '-'
							    : !is_hex(segment.text[i]))
			return false;
	return true;
}

struct letters {
	size_t digits, hex, letters, upper, other;
};

static struct letters count_letters(struct span segment)
{
	struct letters count = { 0 };

	for (size_t i = 0; i < segment.length; i++) {
		const char c = segment.text[i];

		count.digits += is_digit(c);
		count.hex += is_hex(c);
		count.letters += is_letter(c);
		count.upper += c >= 'A' && c <= 'Z';
		count.other += c == '%' || c == '@' || c == '=' || c == ',' || c == '+' || c < 0;
	}
	return count;
}

/* Names that programs give, not people: digits, long hexadecimal numbers, UUIDs, cus_9s6XKzkNRiz8
 * and the like, addresses of mail. */
static bool is_id(struct span segment)
{
	const struct letters count = count_letters(segment);
	size_t tail = segment.length;

	if (count.digits == segment.length || is_uuid(segment) || count.other || is_date(segment))
		return true;
	if (count.digits && dotted(segment) == segment.length)
		return true;
	if (segment.length >= 16 && count.hex == segment.length)
		return true;
	/* What a letter follows a digit in, or the other way round, and is long behind its last
	 * mark. */
	while (tail && (is_digit(segment.text[tail - 1]) || is_letter(segment.text[tail - 1])))
		tail--;
	tail = segment.length - tail;
	return (tail >= 12 && count.digits >= 2) || (tail >= 20 && count.upper && count.digits) ||
	       segment.length > 40;
}

static void add_segment(struct span segment, struct span previous, struct span model,
			struct buffer *out)
{
	struct span plain = before(segment, ';');
	const struct span verb = span_from(plain, before(plain, ':').length);

	if (model.length && segment.text == model.text) {
		buffer_string(out, "model");
		buffer_append(out, plain.text + model.length,
			      plain.length > model.length ? plain.length - model.length : 0);
	} else if (is_version_after(plain, previous)) {
		buffer_append(out, plain.text, plain.length);
	} else if (is_id(before(plain, ':'))) {
		buffer_string(out, ":id");
		if (!is_id(verb))
			buffer_append(out, verb.text, verb.length);
	} else {
		buffer_append(out, plain.text, plain.length);
	}
}

void route_of(struct span path, struct span model, struct buffer *out)
{
	struct span segment, previous = { 0 };
	size_t depth = 0;

	if (span_is(path, "*")) {
		buffer_string(out, "*");
		return;
	}
	while (next_segment(&path, &segment)) {
		buffer_append(out, "/", 1);
		if (depth++ == ROUTE_DEPTH) {
			buffer_append(out, "*", 1);
			break;
		}
		add_segment(segment, previous, model, out);
		previous = segment;
	}
	if (!out->length)
		buffer_append(out, "/", 1);
}

struct span query_value(struct span query, const char *const *names)
{
	while (query.length) {
		struct span pair = before(query, '&'), name = before(pair, '=');

		query = span_from(query, pair.length + (pair.length < query.length));
		if (name.length == pair.length)
			continue;
		for (size_t i = 0; names[i]; i++)
			if (strlen(names[i]) == name.length &&
			    strncasecmp(names[i], name.text, name.length) == 0)
				return span_from(pair, name.length + 1);
	}
	return (struct span){ 0 };
}

bool version_is_plain(struct span version)
{
	if (!version.length || version.length > 32)
		return false;
	for (size_t i = 0; i < version.length; i++)
		if (!is_digit(version.text[i]) && !is_letter(version.text[i]) &&
		    !strchr(".-_", version.text[i]))
			return false;
	return true;
}
