/* SPDX-License-Identifier: Apache-2.0 */
#include "streams/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#ifdef SKBSCOPE_LLHTTP
#include <llhttp.h>
typedef llhttp_t parser_t;
typedef llhttp_settings_t settings_t;
#define PARSER_UPGRADED HPE_PAUSED_UPGRADE
#define HAS_LENGTH F_CONTENT_LENGTH
#else
#include <http_parser.h>
typedef http_parser parser_t;
typedef http_parser_settings settings_t;
#define HAS_LENGTH F_CONTENTLENGTH
#endif

#define NAME_MAX_KEPT 128u
#define VALUE_MAX_KEPT 8192u
#define TARGET_MAX_KEPT 16384u

struct message {
	parser_t parser;
	const struct message_listener *listener;
	void *context;
	bool answers;
	uint8_t prefix; /* bytes of "HTTP/" that an answer has begun with */
	bool begun, has_head, ended, in_value, no_memory;
	bool skipping; /* the byte that is fed stands for one that was left out */
	bool has_length, has_encoding, two_lengths, not_chunked;
	uint64_t left;
	size_t head_bytes;
	struct buffer target, name, value;
};

static struct message *of(parser_t *parser)
{
	return parser->data;
}

/* What stops the parser. */
static int stop(struct message *message, int code)
{
	message->no_memory |= code == -ENOMEM;
	return -1;
}

static void keep(struct message *message, struct buffer *out, const char *data, size_t length,
		 size_t most)
{
	message->head_bytes += length;
	if (out->length >= most)
		return;
	buffer_append(out, data, length < most - out->length ? length : most - out->length);
	message->no_memory |= out->failed;
}

/* With blanks before the colon, too: some readers see no such header there. */
static bool is_name(const struct message *message, const char *name, bool *blank)
{
	const char *text = buffer_text(&message->name);
	const size_t length = strlen(name);

	if (strncasecmp(text, name, length) != 0 ||
	    text[length + strspn(text + length, " \t")] != '\0')
		return false;
	*blank = text[length] != '\0';
	return true;
}

static void note_framing(struct message *message)
{
	const char *value = buffer_text(&message->value);
	bool blank;

	if (is_name(message, "content-length", &blank)) {
		message->two_lengths |= blank || message->has_length || strchr(value, ',');
		message->has_length = true;
	} else if (is_name(message, "transfer-encoding", &blank)) {
		const size_t length = strlen(value);

		message->has_encoding = true;
		message->not_chunked =
			blank || length < 7 || strncasecmp(value + length - 7, "chunked", 7) != 0;
	}
}

static int header_ends(struct message *message)
{
	int r = 0;

	if (message->name.length && !message->has_head) {
		note_framing(message);
		r = message->listener->header(
			message->context, (struct span){ message->name.data, message->name.length },
			(struct span){ buffer_text(&message->value), message->value.length });
	}
	buffer_clear(&message->name);
	buffer_clear(&message->value);
	message->in_value = false;
	return r;
}

static int on_begin(parser_t *parser)
{
	struct message *message = of(parser);
	int r;

	message->begun = true;
	r = message->listener->begin(message->context);
	return r < 0 ? stop(message, r) : 0;
}

static int on_target(parser_t *parser, const char *data, size_t length)
{
	keep(of(parser), &of(parser)->target, data, length, TARGET_MAX_KEPT);
	return of(parser)->no_memory ? -1 : 0;
}

static int on_name(parser_t *parser, const char *data, size_t length)
{
	struct message *message = of(parser);

	if (message->has_head)
		return 0;
	if (message->in_value && header_ends(message) < 0)
		return stop(message, -ENOMEM);
	keep(message, &message->name, data, length, NAME_MAX_KEPT);
	return message->no_memory ? -1 : 0;
}

static int on_value(parser_t *parser, const char *data, size_t length)
{
	struct message *message = of(parser);

	if (message->has_head)
		return 0;
	message->in_value = true;
	keep(message, &message->value, data, length, VALUE_MAX_KEPT);
	return message->no_memory || message->head_bytes > MESSAGE_HEAD_MAX ? -1 : 0;
}

static bool has_no_body(const parser_t *parser)
{
	return parser->status_code / 100 == 1 || parser->status_code == 204 ||
	       parser->status_code == 304;
}

static uint64_t length_said(const struct message *message)
{
	const parser_t *parser = &message->parser;

	if (parser->flags & F_CHUNKED)
		return 0;
	if (parser->flags & HAS_LENGTH && !message->has_encoding)
		return parser->content_length;
	return message->answers ? MESSAGE_ANY : 0;
}

static int on_head(parser_t *parser)
{
	struct message *message = of(parser);
	int body;

	if (header_ends(message) < 0)
		return stop(message, -ENOMEM);
	if (message_smuggling(message) != CALL_PLAIN || parser->http_major != 1)
		return stop(message, -EBADMSG);
	message->has_head = true;
	body = message->listener->head(message->context);
	buffer_free(&message->target);
	buffer_free(&message->name);
	buffer_free(&message->value);
	if (body < 0)
		return stop(message, body);
	if (!message->answers) /* the answer decides whether the protocol changes */
		parser->upgrade = 0;
	if (body == MESSAGE_BODY_OTHER_PROTOCOL)
		return 2;
	if (body == MESSAGE_BODY_NONE || (message->answers && has_no_body(parser)))
		return 1;
	message->left = length_said(message);
	return 0;
}

static int on_body(parser_t *parser, const char *data, size_t length)
{
	struct message *message = of(parser);
	int r;

	if (message->left != MESSAGE_ANY)
		message->left = message->left > length ? message->left - length : 0;
	if (message->skipping)
		return 0;
	r = message->listener->body(message->context, data, length);
	return r < 0 ? stop(message, r) : 0;
}

static int on_chunk(parser_t *parser)
{
	of(parser)->left = parser->content_length;
	return 0;
}

static int on_end(parser_t *parser)
{
	of(parser)->ended = true;
#ifdef SKBSCOPE_LLHTTP
	return HPE_PAUSED;
#else
	http_parser_pause(parser, 1);
	return 0;
#endif
}

static settings_t settings = {
	.on_message_begin = on_begin,
	.on_url = on_target,
	.on_header_field = on_name,
	.on_header_value = on_value,
	.on_headers_complete = on_head,
	.on_body = on_body,
	.on_chunk_header = on_chunk,
	.on_message_complete = on_end,
};

static void restart(struct message *message)
{
#ifdef SKBSCOPE_LLHTTP
	llhttp_init(&message->parser, message->answers ? HTTP_RESPONSE : HTTP_REQUEST, &settings);
#else
	http_parser_init(&message->parser, message->answers ? HTTP_RESPONSE : HTTP_REQUEST);
#endif
	message->parser.data = message;
	message->begun = message->has_head = message->ended = message->in_value = false;
	message->has_length = message->has_encoding = false;
	message->two_lengths = message->not_chunked = false;
	message->left = 0;
	message->prefix = 0;
	message->head_bytes = 0;
	buffer_free(&message->target);
	buffer_free(&message->name);
	buffer_free(&message->value);
}

struct message *message_new(bool answers, const struct message_listener *listener, void *context)
{
	struct message *message = calloc(1, sizeof(*message));

	if (!message)
		return NULL;
	message->answers = answers;
	message->listener = listener;
	message->context = context;
	restart(message);
	return message;
}

void message_free(struct message *message)
{
	if (!message)
		return;
	buffer_free(&message->target);
	buffer_free(&message->name);
	buffer_free(&message->value);
	free(message);
}

size_t message_bytes(const struct message *message)
{
	return sizeof(*message) + message->target.capacity + message->name.capacity +
	       message->value.capacity;
}

static int parser_error(const struct message *message)
{
#ifdef SKBSCOPE_LLHTTP
	return (int)llhttp_get_errno(&message->parser);
#else
	return (int)HTTP_PARSER_ERRNO(&message->parser);
#endif
}

/* False: it is no HTTP. */
static bool execute(struct message *message, const char *data, size_t length, size_t *taken)
{
#ifdef SKBSCOPE_LLHTTP
	enum llhttp_errno r = llhttp_execute(&message->parser, data, length);
	const char *at = r == HPE_OK ? NULL : llhttp_get_error_pos(&message->parser);

	*taken = at >= data && at <= data + length ? (size_t)(at - data) : length;
	return r == HPE_OK || message->ended;
#else
	*taken = http_parser_execute(&message->parser, &settings, data, length);
	if (*taken > length)
		*taken = length;
	return HTTP_PARSER_ERRNO(&message->parser) == HPE_OK || message->ended;
#endif
}

static enum message_progress progress(struct message *message, bool good)
{
	if (message->no_memory)
		return MESSAGE_FAILED;
	if (message->ended && good) {
		restart(message);
		return MESSAGE_ENDED;
	}
	if (good)
		return MESSAGE_MORE;
	/* A header whose value was not taken to its end, or not at all. */
	if (message->name.length && !message->has_head)
		note_framing(message);
	if (parser_error(message) == HPE_INVALID_TRANSFER_ENCODING)
		message->has_encoding = message->not_chunked = true;
	/* "5, 5" and "+5": some readers take one of them for a length. */
	if (parser_error(message) == HPE_INVALID_CONTENT_LENGTH)
		message->two_lengths = true;
	return MESSAGE_BAD;
}

/* http-parser looks at no more than the first letter of it, as Debian builds it. */
static bool is_answer(struct message *message, const char *data, size_t length)
{
	static const char prefix[] = "HTTP/";

	while (message->answers && length-- && message->prefix < sizeof(prefix) - 1)
		if (*data++ != prefix[message->prefix++])
			return false;
	return true;
}

enum message_progress message_feed(struct message *message, const char *data, size_t length,
				   size_t *taken)
{
	*taken = 0;
	/* Blank lines before a message are none, and nothing to wait for. */
	while (!message->begun && *taken < length && strchr("\r\n", data[*taken]) && data[*taken])
		(*taken)++;
	if (*taken == length)
		return MESSAGE_MORE;
	{
		const size_t before = *taken;
		bool good = is_answer(message, data + before, length - before) &&
			    execute(message, data + before, length - before, taken);

		*taken += before;
		return progress(message, good);
	}
}

enum message_progress message_finish(struct message *message)
{
	bool good;

	if (!message->begun)
		return MESSAGE_MORE;
#ifdef SKBSCOPE_LLHTTP
	{
		enum llhttp_errno r = llhttp_finish(&message->parser);

		good = r == HPE_OK || message->ended;
	}
#else
	http_parser_execute(&message->parser, &settings, NULL, 0);
	good = HTTP_PARSER_ERRNO(&message->parser) == HPE_OK || message->ended;
#endif
	return progress(message, good);
}

bool message_is_between(const struct message *message)
{
	return !message->begun;
}

bool message_has_head(const struct message *message)
{
	return message->has_head;
}

uint64_t message_left(const struct message *message)
{
	return message->has_head ? message->left : 0;
}

enum message_progress message_skip(struct message *message, uint64_t length)
{
	static const char last[1];
	size_t taken;
	bool good;

	if (!length)
		return MESSAGE_MORE;
	if (message->left == MESSAGE_ANY)
		return MESSAGE_MORE;
	/* Both parsers count a body down by this number; of the last byte it has to be told. */
	message->parser.content_length -= length - 1;
	message->left -= length - 1;
	message->skipping = true;
	good = execute(message, last, 1, &taken);
	message->skipping = false;
	return progress(message, good);
}

unsigned int message_status(const struct message *message)
{
	return message->parser.status_code;
}

const char *message_method(const struct message *message)
{
#ifdef SKBSCOPE_LLHTTP
	return llhttp_method_name((llhttp_method_t)message->parser.method);
#else
	return http_method_str((enum http_method)message->parser.method);
#endif
}

struct span message_target(const struct message *message)
{
	return (struct span){ buffer_text(&message->target), message->target.length };
}

enum call_smuggling message_smuggling(const struct message *message)
{
	if (message->answers)
		return CALL_PLAIN;
	return message->two_lengths                            ? CALL_TWO_LENGTHS
	       : message->has_length && message->has_encoding  ? CALL_LENGTH_AND_ENCODING
	       : message->has_encoding && message->not_chunked ? CALL_ENCODING_NOT_CHUNKED
							       : CALL_PLAIN;
}

bool message_begins_request(const char *data, size_t length)
{
	static const char *const methods[] = {
		"GET ",     "POST ",  "PUT ",      "HEAD ",   "DELETE ", "PATCH ", "OPTIONS ",
		"CONNECT ", "TRACE ", "PROPFIND ", "REPORT ", "SEARCH ", "MKCOL ", "PURGE ",
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		size_t n = strlen(methods[i]);

		if (length >= n && memcmp(data, methods[i], n) == 0)
			return true;
	}
	return false;
}

bool message_begins_answer(const char *data, size_t length)
{
	return length >= 7 && memcmp(data, "HTTP/1.", 7) == 0;
}
