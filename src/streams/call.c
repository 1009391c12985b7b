/* SPDX-License-Identifier: Apache-2.0 */
/* What members a call has; the one list of them. */
#include "streams/call.h"

static const char *const version_sources[] = { NULL, "path", "header", "query" };
static const char *const losses[] = {
	NULL,      "late", "request gap", "response gap", "response lost",
	"evicted", "idle", "cut",         "end",          "malformed",
};
static const char *const smugglings[] = {
	NULL,
	"two content-lengths",
	"content-length and transfer-encoding",
	"transfer-encoding without chunked",
};

#define PLAIN(name_, kind_, member_, what_)                                                        \
	{                                                                                          \
		.name = name_, .kind = kind_, .offset = offsetof(struct call, member_),            \
		.what = what_                                                                      \
	}
#define NAMED(name_, member_, names_, what_)                                                       \
	{                                                                                          \
		.name = name_, .kind = CALL_NAME, .offset = offsetof(struct call, member_),        \
		.names = names_, .name_count = sizeof(names_) / sizeof(*names_), .what = what_     \
	}

const struct call_member call_members[] = {
	PLAIN("time", CALL_TIME, time_ns, "when the request began"),
	PLAIN("client", CALL_ADDRESS, client, "address of the client"),
	PLAIN("client_port", CALL_PORT, client, "its port"),
	PLAIN("server", CALL_ADDRESS, server, "address of the server"),
	PLAIN("server_port", CALL_PORT, server, "its port"),
	PLAIN("method", CALL_TEXT, method, "GET, POST…"),
	PLAIN("host", CALL_TEXT, host, "Host as asked"),
	PLAIN("path", CALL_TEXT, path, "path without its query"),
	PLAIN("route", CALL_TEXT, route, "path without names and numbers of things"),
	PLAIN("api_version", CALL_TEXT, api_version, "version of the API that was asked for"),
	NAMED("version_source", version_source, version_sources, "where the version was said"),
	PLAIN("status", CALL_NUMBER, status, "status of the answer"),
	PLAIN("request_bytes", CALL_BYTES, request_bytes, "content of the request"),
	PLAIN("response_bytes", CALL_BYTES, response_bytes, "content of the answer"),
	PLAIN("request_end_ns", CALL_DURATION, request_end_ns, "until the request was sent"),
	PLAIN("first_byte_ns", CALL_DURATION, first_byte_ns, "until the answer began"),
	PLAIN("first_token_ns", CALL_DURATION, first_token_ns, "until the first text of it"),
	PLAIN("last_ns", CALL_DURATION, last_ns, "until the answer's last byte"),
	PLAIN("token_gap_mean_ns", CALL_DURATION, token_gap_mean_ns, "between texts, on average"),
	PLAIN("token_gap_max_ns", CALL_DURATION, token_gap_max_ns, "between texts, at most"),
	PLAIN("stream_asked", CALL_BOOL, stream_asked, "whether a stream was asked for"),
	PLAIN("streamed", CALL_BOOL, streamed, "whether the answer was a stream"),
	PLAIN("events", CALL_NUMBER, events, "events of the stream"),
	PLAIN("aborted", CALL_BOOL, aborted, "whether the answer ended too early"),
	PLAIN("dialect", CALL_TEXT, dialect, "whose API of AI"),
	PLAIN("operation", CALL_TEXT, operation, "chat, embeddings…"),
	PLAIN("model_asked", CALL_TEXT, model_asked, "model that was asked for"),
	PLAIN("model_answered", CALL_TEXT, model_answered, "model that answered"),
	PLAIN("tokens_in", CALL_NUMBER, tokens_in, "tokens of the prompt"),
	PLAIN("tokens_out", CALL_NUMBER, tokens_out, "tokens of the answer"),
	PLAIN("tokens_cached", CALL_NUMBER, tokens_cached, "tokens read from a cache"),
	PLAIN("error_type", CALL_TEXT, error_type, "type of the error"),
	PLAIN("consumer", CALL_TEXT, consumer, "keyed hash of the credential"),
	PLAIN("retry_after_s", CALL_NUMBER, retry_after_s, "seconds to wait, as answered"),
	PLAIN("limit_requests", CALL_NUMBER, limit_requests, "requests allowed"),
	PLAIN("requests_left", CALL_NUMBER, requests_left, "requests left"),
	PLAIN("limit_tokens", CALL_NUMBER, limit_tokens, "tokens allowed"),
	PLAIN("tokens_left", CALL_NUMBER, tokens_left, "tokens left"),
	PLAIN("trace_id", CALL_TEXT, trace_id, "what links calls to each other"),
	PLAIN("deprecation", CALL_TEXT, deprecation, "Deprecation as answered"),
	PLAIN("sunset", CALL_TEXT, sunset, "Sunset as answered"),
	PLAIN("agent", CALL_TEXT, agent, "User-Agent"),
	PLAIN("content_type", CALL_TEXT, content_type, "type of the answer"),
	PLAIN("gateway", CALL_TEXT, gateway, "gateway that answered"),
	PLAIN("provider", CALL_TEXT, provider, "whom the gateway asked"),
	PLAIN("gateway_overhead_ns", CALL_DURATION, gateway_overhead_ns, "its own time, it says"),
	PLAIN("cost", CALL_TEXT, cost, "cost, as the gateway says"),
	PLAIN("upgrade", CALL_TEXT, upgrade, "what the connection became"),
	NAMED("smuggling", smuggling, smugglings, "why readers would differ on the request"),
	NAMED("loss", loss, losses, "why it is not complete"),
	PLAIN("complete", CALL_BOOL, complete, "whether all of it was seen"),
};
const size_t call_member_count = sizeof(call_members) / sizeof(*call_members);

static const void *at(const struct call *call, const struct call_member *member)
{
	return (const char *)call + member->offset;
}

int64_t call_number(const struct call *call, const struct call_member *member)
{
	return *(const int64_t *)at(call, member);
}

const char *call_text(const struct call *call, const struct call_member *member)
{
	int64_t number;

	if (member->kind == CALL_TEXT)
		return *(const char *const *)at(call, member);
	number = call_number(call, member);
	return number >= 0 && (uint64_t)number < member->name_count ? member->names[number] : NULL;
}

void call_init(struct call *call)
{
	*call = (struct call){ 0 };
	for (size_t i = 0; i < call_member_count; i++)
		if (call_members[i].kind >= CALL_NUMBER && call_members[i].kind != CALL_NAME)
			*(int64_t *)((char *)call + call_members[i].offset) = CALL_UNKNOWN;
}
