/* SPDX-License-Identifier: Apache-2.0 */
/* Where the locale is not UTF-8, or somebody listens, streams in front of stdout and stderr. */
#include "run/people.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"

/* One for each of the standard streams; begun: a character whose rest is to come. */
struct people_stream {
	FILE *below, *stream;
	char begun[4];
	size_t begun_length;
};

static bool wants_ascii;
static struct people_stream streams[2];
static bool (*listener)(void *context, const char *text);
static void *listener_context;

static ssize_t stream_write(void *cookie, const char *data, size_t length)
{
	struct people_stream *people = cookie;
	AUTO(buffer_free) struct buffer text = { 0 }, ascii = { 0 };
	size_t whole;

	buffer_append(&text, people->begun, people->begun_length);
	buffer_append(&text, data, length);
	whole = utf8_whole(buffer_text(&text), text.length);
	people->begun_length = text.length - whole;
	memcpy(people->begun, buffer_text(&text) + whole, people->begun_length);
	if (text.failed)
		return 0;
	text.data[text.length = whole] = '\0';
	if (listener && people->below == stderr && listener(listener_context, buffer_text(&text)))
		return (ssize_t)length;
	if (wants_ascii)
		utf8_to_ascii(buffer_text(&text), whole, &ascii);
	else
		buffer_append(&ascii, buffer_text(&text), whole);
	if (ascii.failed)
		return 0;
	if (fwrite(buffer_text(&ascii), 1, ascii.length, people->below) != ascii.length ||
	    fflush(people->below) != 0)
		return 0;
	return (ssize_t)length;
}

static FILE *stream_open(struct people_stream *people, FILE *below, int buffering)
{
	const cookie_io_functions_t functions = { .write = stream_write };

	people->below = below;
	people->stream = fopencookie(people, "w", functions);
	if (!people->stream)
		return below;
	setvbuf(people->stream, NULL, buffering, BUFSIZ);
	return people->stream;
}

void people_open(void)
{
	/* For this question only: numbers, and what other libraries do, stay as they are. */
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);

	/* A name that there is no locale of is that of none: "C". */
	wants_ascii = !locale || strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") != 0;
	if (locale)
		freelocale(locale);
}

FILE *people_stdout(void)
{
	if (!wants_ascii)
		return stdout;
	return streams[0].stream ? streams[0].stream : stream_open(&streams[0], stdout, _IOFBF);
}

bool people_want_ascii(void)
{
	return wants_ascii;
}

void people_listen(bool (*hear)(void *context, const char *text), void *context)
{
	listener = hear;
	listener_context = context;
}

FILE *people_stderr(void)
{
	if (!wants_ascii && !listener)
		return stderr;
	return streams[1].stream ? streams[1].stream : stream_open(&streams[1], stderr, _IONBF);
}

void people_text(struct buffer *text)
{
	AUTO(buffer_free) struct buffer ascii = { 0 };

	if (!wants_ascii)
		return;
	utf8_to_ascii(buffer_text(text), text->length, &ascii);
	ascii.failed |= text->failed;
	buffer_free(text);
	*text = ascii;
	ascii = (struct buffer){ 0 };
}
