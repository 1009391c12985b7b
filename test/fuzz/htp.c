/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another parser of HTTP looks at the same connection. Where neither of both has anything to
 * complain of, they have found the same calls: methods, statuses, and lengths of bodies. Up to
 * the first 0xff the client speaks, behind it the server.
 */
#include <htp/htp.h>

#include "fuzz.h"
#include "streams/streams.h"

#define CALLS 64u

struct one {
	char method[16];
	int64_t status, request_bytes, response_bytes;
};

struct seen {
	struct one calls[CALLS];
	size_t count;
	bool odd; /* there is something of which they may think differently */
};

static void note_call(void *context, const struct call *call)
{
	struct seen *seen = context;
	struct one *one = &seen->calls[seen->count];

	seen->odd |= !call->complete || call->upgrade;
	/* libhtp believes in the length that an answer without a body may have. */
	seen->odd |= call->status == 204 || call->status == 304;
	if (seen->odd || seen->count == CALLS)
		return;
	snprintf(one->method, sizeof(one->method), "%s", call->method);
	one->status = call->status;
	one->request_bytes = call->request_bytes;
	one->response_bytes = call->response_bytes;
	seen->count++;
}

static void note_event(void *context, const struct stream_event *event)
{
	struct seen *seen = context;

	(void)event;
	seen->odd = true;
}

static void say(struct streams *streams, bool server, unsigned int flags, uint32_t sequence,
		const char *text, size_t length)
{
	const struct endpoint client = { .family = 4, .port = 40000 },
			      other = { .family = 4, .port = 80 };
	const struct piece piece = {
		.time_ns = UINT64_C(1000000000),
		.source = server ? other : client,
		.destination = server ? client : other,
		.flags = flags,
		.sequence = sequence,
		.data = text,
		.length = length,
	};

	PROMISE(streams_feed(streams, &piece) == 0);
}

static void ours(const char *asked, size_t asked_length, const char *answered,
		 size_t answered_length, struct seen *seen)
{
	const struct streams_options options = { 0 };
	const struct streams_callbacks callbacks = { note_call, note_event, seen };
	struct streams *streams;

	PROMISE(streams_new(&options, &callbacks, &streams) == 0);
	say(streams, false, PIECE_SYN, 1, "", 0);
	say(streams, true, PIECE_SYN | PIECE_ACK, 1, "", 0);
	say(streams, false, 0, 1, asked, asked_length);
	say(streams, true, 0, 1, answered, answered_length);
	say(streams, true, PIECE_FIN, 1 + (uint32_t)answered_length, "", 0);
	streams_finish(streams, UINT64_C(2000000000));
	streams_free(streams);
}

static int note_transaction(htp_tx_t *tx)
{
	struct seen *seen = htp_connp_get_user_data(tx->connp);
	struct one *one = &seen->calls[seen->count];
	const bstr *method = tx->request_method;

	if (seen->count == CALLS)
		return HTP_OK;
	snprintf(one->method, sizeof(one->method), "%.*s", method ? (int)bstr_len(method) : 0,
		 method ? (const char *)bstr_ptr(method) : "");
	one->status = tx->response_status_number;
	one->request_bytes = tx->request_entity_len;
	one->response_bytes = tx->response_entity_len;
	seen->count++;
	return HTP_OK;
}

static int note_complaint(htp_log_t *log)
{
	struct seen *seen = htp_connp_get_user_data(log->connp);

	seen->odd |= log->level == HTP_LOG_ERROR || log->level == HTP_LOG_WARNING;
	return HTP_OK;
}

static void theirs(const char *asked, size_t asked_length, const char *answered,
		   size_t answered_length, struct seen *seen)
{
	htp_cfg_t *config = htp_config_create();
	htp_connp_t *parser;

	PROMISE(config != NULL);
	htp_config_set_server_personality(config, HTP_SERVER_GENERIC);
	htp_config_set_response_decompression(config, 0);
	htp_config_register_transaction_complete(config, note_transaction);
	htp_config_register_log(config, note_complaint);
	parser = htp_connp_create(config);
	PROMISE(parser != NULL);
	htp_connp_set_user_data(parser, seen);
	htp_connp_open(parser, "192.0.2.1", 40000, "192.0.2.80", 80, NULL);
	if (asked_length)
		htp_connp_req_data(parser, NULL, asked, asked_length);
	if (answered_length)
		htp_connp_res_data(parser, NULL, answered, answered_length);
	htp_connp_close(parser, NULL);
	htp_connp_destroy_all(parser);
	htp_config_destroy(config);
}

/* Which bytes may stand in a head, and what ends a line of it, is a matter of taste. libhtp takes
 * a blank line between two messages for a part of the first one's body. */
static bool is_plain(const char *text, size_t length)
{
	if (memmem(text, length, "\r\n\r\n\r\n", 6))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\r' && i + 1 < length && text[i + 1] == '\n')
			i++;
		else if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return true;
}

static void compare(const struct one *our, const struct one *their)
{
	if (strcmp(our->method, their->method) == 0 && our->status == their->status &&
	    our->request_bytes == their->request_bytes &&
	    our->response_bytes == their->response_bytes)
		return;
	fprintf(stderr, "ours: %s %lld, %lld and %lld bytes; libhtp's: %s %lld, %lld and %lld\n",
		our->method, (long long)our->status, (long long)our->request_bytes,
		(long long)our->response_bytes, their->method, (long long)their->status,
		(long long)their->request_bytes, (long long)their->response_bytes);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *mark = size ? memchr(data, 0xff, size) : NULL;
	const size_t asked_length = mark ? (size_t)(mark - data) : size;
	const size_t answered_length = mark ? size - asked_length - 1 : 0;
	char *asked = fuzz_string(data, asked_length);
	char *answered = fuzz_string(mark ? mark + 1 : data, answered_length);
	struct seen our = { 0 }, their = { 0 };

	our.odd = !is_plain(asked, asked_length) || !is_plain(answered, answered_length);
	if (!our.odd)
		ours(asked, asked_length, answered, answered_length, &our);
	if (!our.odd && our.count) {
		theirs(asked, asked_length, answered, answered_length, &their);
		PROMISE(their.odd || their.count >= our.count);
		for (size_t i = 0; !their.odd && i < our.count; i++)
			compare(&our.calls[i], &their.calls[i]);
	}
	free(asked);
	free(answered);
	return 0;
}
