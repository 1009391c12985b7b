/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to models, in the words of each of their APIs. */
#include <zlib.h>

#include "wire.h"

struct example {
	const char *what;
	const char *head;  /* of the request, but for its length */
	const char *asked; /* its body */
	const char *status, *type, *answered;
	const char *call;
};

static const char *const members[] = {
	"status",         "stream_asked",  "streamed",    "events",         "aborted",
	"dialect",        "operation",     "model_asked", "model_answered", "tokens_in",
	"tokens_out",     "tokens_cached", "error_type",  "gateway",        "api_version",
	"version_source", "complete",      NULL,
};

#define SSE "text/event-stream"
#define JSON "application/json"

static const struct example examples[] = {
	{ "OpenAI chat", "POST /v1/chat/completions",
	  "{\"messages\":[{\"role\":\"user\",\"content\":\"\\\"model\\\":\\\"decoy\\\"\"}],"
	  "\"metadata\":{\"model\":\"decoy\"},\"model\":\"gpt-4o\"}",
	  "200 OK", JSON,
	  "{\"id\":\"chatcmpl-1\",\"model\":\"gpt-4o-2024-08-06\",\"choices\":[{\"message\":"
	  "{\"role\":\"assistant\",\"content\":\"{\\\"usage\\\":{\\\"prompt_tokens\\\":7}}\"}}],"
	  "\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":9,\"total_tokens\":20,"
	  "\"prompt_tokens_details\":{\"cached_tokens\":4}}}",
	  "api_version=v1 version_source=path status=200 stream_asked=0 streamed=0 aborted=0 "
	  "dialect=openai operation=chat model_asked=gpt-4o model_answered=gpt-4o-2024-08-06 "
	  "tokens_in=11 tokens_out=9 tokens_cached=4 complete=1\n" },
	{ "OpenAI chat, as a stream", "POST /v1/chat/completions",
	  "{\"model\":\"gpt-4o\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
	  "200 OK", SSE "; charset=utf-8",
	  "data: {\"model\":\"gpt-4o-1\",\"choices\":[{\"delta\":{\"role\":\"assistant\","
	  "\"content\":\"\"}}],\"usage\":null}\n\n"
	  "data: {\"model\":\"gpt-4o-1\",\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n"
	  "data: {\"model\":\"gpt-4o-1\",\"choices\":[{\"delta\":{\"content\":\"lo\"}}]}\n\n"
	  "data: "
	  "{\"model\":\"gpt-4o-1\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
	  "data: {\"model\":\"gpt-4o-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":11,"
	  "\"completion_tokens\":9}}\n\n"
	  "data: [DONE]\n\n",
	  "api_version=v1 version_source=path status=200 stream_asked=1 streamed=1 events=6 "
	  "aborted=0 "
	  "dialect=openai operation=chat model_asked=gpt-4o model_answered=gpt-4o-1 tokens_in=11 "
	  "tokens_out=9 complete=1\n" },
	{ "OpenAI chat, a stream that ends before its end", "POST /v1/chat/completions",
	  "{\"model\":\"gpt-4o\",\"stream\":true}", "200 OK", SSE,
	  "data: {\"model\":\"gpt-4o-1\",\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n",
	  "api_version=v1 version_source=path status=200 stream_asked=1 streamed=1 events=1 "
	  "aborted=1 "
	  "dialect=openai operation=chat model_asked=gpt-4o model_answered=gpt-4o-1 complete=1\n" },
	{ "OpenAI, refused", "POST /v1/chat/completions", "{\"model\":\"gpt-4o\"}",
	  "429 Too Many Requests", JSON,
	  "{\"error\":{\"message\":\"slow down\",\"type\":\"rate_limit_error\","
	  "\"code\":\"rate_limit_exceeded\"}}",
	  "api_version=v1 version_source=path status=429 stream_asked=0 streamed=0 aborted=0 "
	  "dialect=openai operation=chat model_asked=gpt-4o error_type=rate_limit_error "
	  "complete=1\n" },
	{ "OpenAI responses", "POST /v1/responses", "{\"model\":\"gpt-5\",\"stream\":true}",
	  "200 OK", SSE,
	  "event: response.created\ndata: {\"type\":\"response.created\",\"response\":"
	  "{\"model\":\"gpt-5-1\",\"usage\":null}}\n\n"
	  "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\","
	  "\"delta\":\"Hello\"}\n\n"
	  "event: response.completed\ndata: "
	  "{\"type\":\"response.completed\",\"response\":{\"usage\":"
	  "{\"input_tokens\":11,\"output_tokens\":9,\"input_tokens_details\":"
	  "{\"cached_tokens\":0}}}}\n\n",
	  "api_version=v1 version_source=path status=200 stream_asked=1 streamed=1 events=3 "
	  "aborted=0 "
	  "dialect=openai operation=responses model_asked=gpt-5 model_answered=gpt-5-1 "
	  "tokens_in=11 "
	  "tokens_out=9 tokens_cached=0 complete=1\n" },
	{ "OpenAI embeddings", "POST /v1/embeddings",
	  "{\"input\":[\"a\",\"b\"],\"model\":\"text-embedding-3-small\"}", "200 OK", JSON,
	  "{\"object\":\"list\",\"data\":[{\"embedding\":[0.1,-2e-3,3]}],\"model\":\"e-1\","
	  "\"usage\":{\"prompt_tokens\":2,\"total_tokens\":2}}",
	  "api_version=v1 version_source=path status=200 streamed=0 aborted=0 dialect=openai "
	  "operation=embeddings model_asked=text-embedding-3-small model_answered=e-1 tokens_in=2 "
	  "complete=1\n" },
	{ "OpenAI completions", "POST /openai/v1/completions",
	  "{\"model\":\"babbage\",\"prompt\":\"x\",\"stream\":true}", "200 OK", SSE,
	  "data: {\"choices\":[{\"text\":\"a\"}]}\r\n\r\ndata: [DONE]\r\n\r\n",
	  "api_version=v1 version_source=path status=200 stream_asked=1 streamed=1 events=2 "
	  "aborted=0 "
	  "dialect=openai operation=completions model_asked=babbage complete=1\n" },
	{ "OpenAI's models", "GET /v1/models", NULL, "200 OK", JSON,
	  "{\"data\":[{\"id\":\"gpt-4o\"}]}",
	  "api_version=v1 version_source=path status=200 streamed=0 aborted=0 dialect=openai "
	  "operation=models complete=1\n" },
	{ "Anthropic", "POST /v1/messages?beta=true",
	  "{\"model\":\"claude-4\",\"max_tokens\":10,\"messages\":[]}\r\nanthropic-version",
	  "200 OK", JSON,
	  "{\"type\":\"message\",\"model\":\"claude-4-1\",\"content\":[{\"type\":\"text\","
	  "\"text\":\"Hi\"}],\"usage\":{\"input_tokens\":11,\"output_tokens\":9,"
	  "\"cache_read_input_tokens\":5}}",
	  "api_version=2023-06-01 version_source=header status=200 stream_asked=0 streamed=0 "
	  "aborted=0 "
	  "dialect=anthropic operation=chat model_asked=claude-4 model_answered=claude-4-1 "
	  "tokens_in=11 tokens_out=9 tokens_cached=5 complete=1\n" },
	{ "Anthropic, as a stream", "POST /v1/messages",
	  "{\"model\":\"claude-4\",\"stream\":true}\r\nanthropic-version", "200 OK", SSE,
	  "event: message_start\ndata: "
	  "{\"type\":\"message_start\",\"message\":{\"model\":\"claude-4-1\""
	  ",\"usage\":{\"input_tokens\":11,\"cache_read_input_tokens\":0,\"output_tokens\":1}}}\n\n"
	  "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
	  "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
	  "event: ping\ndata: {\"type\":\"ping\"}\n\n"
	  "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":"
	  "{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n"
	  "event: content_block_stop\ndata: {\"type\":\"content_block_stop\"}\n\n"
	  "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
	  "\"end_turn\"},\"usage\":{\"output_tokens\":9}}\n\n"
	  "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
	  "api_version=2023-06-01 version_source=header status=200 stream_asked=1 streamed=1 "
	  "events=7 "
	  "aborted=0 dialect=anthropic operation=chat model_asked=claude-4 "
	  "model_answered=claude-4-1 "
	  "tokens_in=11 tokens_out=9 tokens_cached=0 complete=1\n" },
	{ "Anthropic, overloaded under status 200", "POST /v1/messages",
	  "{\"model\":\"claude-4\",\"stream\":true}\r\nanthropic-version", "200 OK", SSE,
	  "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
	  "\"message\":\"Overloaded\"}}\n\n",
	  "api_version=2023-06-01 version_source=header status=200 stream_asked=1 streamed=1 "
	  "events=1 "
	  "aborted=1 dialect=anthropic operation=chat model_asked=claude-4 "
	  "error_type=overloaded_error complete=1\n" },
	{ "messages that are none of Anthropic's", "POST /v1/messages", "{\"model\":\"a phone\"}",
	  "200 OK", JSON, "{\"model\":\"x\"}",
	  "api_version=v1 version_source=path status=200 streamed=0 aborted=0 complete=1\n" },
	{ "Gemini", "POST /v1beta/models/gemini-2.0-flash:generateContent?key=planted-secret",
	  "{\"contents\":[],\"model\":\"decoy\"}", "200 OK", JSON,
	  "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hi\"}]}}],\"modelVersion\":\"g-"
	  "1\","
	  "\"usageMetadata\":{\"promptTokenCount\":11,\"candidatesTokenCount\":9}}",
	  "api_version=v1beta version_source=path status=200 stream_asked=0 streamed=0 aborted=0 "
	  "dialect=gemini operation=chat model_asked=gemini-2.0-flash model_answered=g-1 "
	  "tokens_in=11 "
	  "tokens_out=9 complete=1\n" },
	{ "Gemini, as a stream of events",
	  "POST /v1beta/models/gemini-2.0-flash:streamGenerateContent?alt=sse", "{\"contents\":[]}",
	  "200 OK", SSE,
	  "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"H\"}]}}],"
	  "\"usageMetadata\":{\"promptTokenCount\":11}}\r\n\r\n"
	  "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"i\"}]}}],\"modelVersion\":"
	  "\"g-1\",\"usageMetadata\":{\"promptTokenCount\":11,\"candidatesTokenCount\":9}}\r\n\r\n",
	  "api_version=v1beta version_source=path status=200 stream_asked=1 streamed=1 events=2 "
	  "aborted=0 dialect=gemini operation=chat model_asked=gemini-2.0-flash model_answered=g-1 "
	  "tokens_in=11 tokens_out=9 complete=1\n" },
	{ "Gemini, as an array", "POST /v1beta/models/gemini-2.0-flash:streamGenerateContent",
	  "{\"contents\":[]}", "200 OK", JSON,
	  "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"H\"}]}}]}\n,\n"
	  "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"i\"}]}}],\"modelVersion\":\"g-1\","
	  "\"usageMetadata\":{\"promptTokenCount\":11,\"candidatesTokenCount\":9}}\n]",
	  "api_version=v1beta version_source=path status=200 stream_asked=1 streamed=1 events=2 "
	  "aborted=0 dialect=gemini operation=chat model_asked=gemini-2.0-flash model_answered=g-1 "
	  "tokens_in=11 tokens_out=9 complete=1\n" },
	{ "Gemini, refused", "POST /v1/models/gemini-pro:generateContent", "{}", "400 Bad Request",
	  JSON, "{\"error\":{\"code\":400,\"message\":\"x\",\"status\":\"INVALID_ARGUMENT\"}}",
	  "api_version=v1 version_source=path status=400 stream_asked=0 streamed=0 aborted=0 "
	  "dialect=gemini operation=chat model_asked=gemini-pro error_type=INVALID_ARGUMENT "
	  "complete=1\n" },
	{ "Azure", "POST /openai/deployments/my-gpt/chat/completions?api-version=2024-10-21",
	  "{\"messages\":[],\"model\":\"decoy\"}", "200 OK", JSON,
	  "{\"model\":\"gpt-4o-1\",\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":9}}",
	  "api_version=2024-10-21 version_source=query status=200 stream_asked=0 streamed=0 "
	  "aborted=0 "
	  "dialect=azure operation=chat model_asked=my-gpt model_answered=gpt-4o-1 tokens_in=11 "
	  "tokens_out=9 complete=1\n" },
	{ "Ollama, which streams unless told otherwise", "POST /api/chat",
	  "{\"model\":\"llama3\",\"messages\":[]}", "200 OK", "application/x-ndjson",
	  "{\"model\":\"llama3\",\"message\":{\"content\":\"H\"},\"done\":false}\n"
	  "{\"model\":\"llama3\",\"message\":{\"content\":\"i\"},\"done\":false}\n"
	  "{\"model\":\"llama3\",\"message\":{\"content\":\"\"},\"done\":true,\"eval_count\":9,"
	  "\"prompt_eval_count\":11,\"eval_duration\":123}",
	  "status=200 stream_asked=1 streamed=1 events=3 aborted=0 dialect=ollama operation=chat "
	  "model_asked=llama3 model_answered=llama3 tokens_in=11 tokens_out=9 complete=1\n" },
	{ "Ollama, told otherwise", "POST /api/generate",
	  "{\"model\":\"llama3\",\"prompt\":\"x\",\"stream\":false}", "200 OK", JSON,
	  "{\"model\":\"llama3\",\"response\":\"Hi\",\"done\":true,\"eval_count\":9,"
	  "\"prompt_eval_count\":11}",
	  "status=200 stream_asked=0 streamed=0 aborted=0 dialect=ollama operation=completions "
	  "model_asked=llama3 model_answered=llama3 tokens_in=11 tokens_out=9 complete=1\n" },
	{ "Ollama, an error", "POST /api/chat", "{\"model\":\"none\"}", "404 Not Found", JSON,
	  "{\"error\":\"model 'none' not found\"}",
	  "status=404 stream_asked=1 streamed=0 aborted=0 dialect=ollama operation=chat "
	  "model_asked=none error_type=error complete=1\n" },
	{ "a chat that is not Ollama's", "POST /api/chat", "{\"text\":\"hello\"}", "200 OK", JSON,
	  "{\"error\":null}", "status=200 streamed=0 aborted=0 complete=1\n" },
	{ "MLflow's gateway", "POST /gateway/my-chat/mlflow/invocations", "{\"messages\":[]}",
	  "200 OK", JSON,
	  "{\"model\":\"gpt-4o-1\",\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":9}}",
	  "status=200 streamed=0 aborted=0 dialect=mlflow operation=invocations "
	  "model_asked=my-chat "
	  "model_answered=gpt-4o-1 tokens_in=11 tokens_out=9 gateway=mlflow complete=1\n" },
	{ "MLflow's gateway, in OpenAI's words", "POST /gateway/openai/v1/chat/completions",
	  "{\"model\":\"my-chat\"}", "400 Bad Request", JSON, "{\"detail\":\"guardrail\"}",
	  "api_version=v1 version_source=path status=400 stream_asked=0 streamed=0 aborted=0 "
	  "dialect=openai operation=chat model_asked=my-chat error_type=error gateway=mlflow "
	  "complete=1\n" },
	{ "MLflow's gateway, in Gemini's",
	  "POST /gateway/gemini/v1beta/models/my-chat:generateContent", "{}", "200 OK", JSON,
	  "{\"usageMetadata\":{\"promptTokenCount\":11,\"candidatesTokenCount\":9}}",
	  "api_version=v1beta version_source=path status=200 stream_asked=0 streamed=0 aborted=0 "
	  "dialect=gemini operation=chat model_asked=my-chat tokens_in=11 tokens_out=9 "
	  "gateway=mlflow "
	  "complete=1\n" },
	{ "a model that MLflow serves", "POST /invocations", "{\"inputs\":[1,2]}", "200 OK", JSON,
	  "{\"predictions\":[3]}",
	  "status=200 streamed=0 aborted=0 dialect=mlflow operation=invocations complete=1\n" },
	{ "MLflow's REST API", "GET /api/2.0/mlflow/experiments/get?experiment_id=1", NULL,
	  "200 OK", JSON, "{}",
	  "api_version=2.0 version_source=path status=200 streamed=0 aborted=0 complete=1\n" },
	{ "a stream of events of some other API", "GET /v2/ticks", NULL, "200 OK", SSE,
	  ": comment\n\nevent: tick\ndata: 1\ndata: 2\n\nid: 7\n\ndata: 3\n\n",
	  "api_version=v2 version_source=path status=200 streamed=1 events=2 aborted=0 "
	  "complete=1\n" },
};

static void ask(struct wire *wire, const struct example *example)
{
	AUTO(buffer_free) struct buffer asked = { 0 };
	const char *more = example->asked ? strstr(example->asked, "\r\n") : NULL;
	int length = more             ? (int)(more - example->asked)
		     : example->asked ? (int)strlen(example->asked)
				      : 0;

	buffer_printf(&asked, "%s HTTP/1.1\r\nHost: x\r\n", example->head);
	if (more)
		buffer_printf(&asked, "%s: 2023-06-01\r\n", more + 2);
	if (example->asked)
		buffer_printf(&asked, "Content-Type: application/json\r\nContent-Length: %d\r\n",
			      length);
	buffer_printf(&asked, "\r\n%.*s", length, example->asked ? example->asked : "");
	wire_asks(wire, buffer_text(&asked));
}

static void head(struct buffer *out, const struct example *example, const char *more)
{
	buffer_printf(out, "HTTP/1.1 %s\r\nContent-Type: %s\r\n%s\r\n", example->status,
		      example->type, more);
}

static void chunk(struct buffer *out, const char *data, size_t length)
{
	buffer_printf(out, "%zx\r\n", length);
	buffer_append(out, data, length);
	buffer_string(out, "\r\n");
}

static void begin(struct wire *wire, const struct example *example)
{
	wire_init(wire);
	wire->members = members;
	wire_open(wire);
	ask(wire, example);
}

static void end(struct wire *wire, const struct example *example)
{
	int failures = test_failures;

	wire_close(wire);
	wire_run(wire);
	CHECK_TEXT(buffer_text(&wire->calls), example->call);
	CHECK_TEXT(buffer_text(&wire->events), "");
	if (test_failures != failures)
		fprintf(stderr, "in: %s\n", example->what);
	wire_clear(wire);
}

#define EXAMPLES (sizeof(examples) / sizeof(*examples))

TEST(each_dialect_is_understood)
{
	for (size_t i = 0; i < EXAMPLES; i++) {
		AUTO(buffer_free) struct buffer answered = { 0 };
		struct wire wire;

		begin(&wire, &examples[i]);
		head(&answered, &examples[i], "Transfer-Encoding: chunked\r\n");
		chunk(&answered, examples[i].answered, strlen(examples[i].answered));
		buffer_string(&answered, "0\r\n\r\n");
		wire_answers(&wire, buffer_text(&answered));
		end(&wire, &examples[i]);
	}
}

TEST(wherever_a_body_is_cut_the_call_is_the_same)
{
	for (size_t i = 0; i < EXAMPLES; i++) {
		const char *body = examples[i].answered;

		for (size_t at = 1; at < strlen(body); at++) {
			AUTO(buffer_free) struct buffer answered = { 0 };
			struct wire wire;

			begin(&wire, &examples[i]);
			head(&answered, &examples[i], "Transfer-Encoding: chunked\r\n");
			chunk(&answered, body, at);
			wire_answers(&wire, buffer_text(&answered));
			buffer_clear(&answered);
			chunk(&answered, body + at, strlen(body) - at);
			buffer_string(&answered, "0\r\n\r\n");
			wire_answers(&wire, buffer_text(&answered));
			end(&wire, &examples[i]);
		}
	}
}

TEST(byte_by_byte_the_call_is_the_same)
{
	for (size_t i = 0; i < EXAMPLES; i++) {
		AUTO(buffer_free) struct buffer answered = { 0 };
		char length[64];
		struct wire wire;

		wire_init(&wire);
		wire.members = members;
		wire.cut = 1;
		wire_open(&wire);
		ask(&wire, &examples[i]);
		snprintf(length, sizeof(length), "Content-Length: %zu\r\n",
			 strlen(examples[i].answered));
		head(&answered, &examples[i], length);
		buffer_string(&answered, examples[i].answered);
		wire_answers(&wire, buffer_text(&answered));
		end(&wire, &examples[i]);
	}
}

static size_t compress_text(const char *text, int window, unsigned char *out, size_t size)
{
	z_stream stream = { 0 };

	if (deflateInit2(&stream, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	stream.next_in = (Bytef *)(uintptr_t)text;
	stream.avail_in = (uInt)strlen(text);
	stream.next_out = out;
	stream.avail_out = (uInt)size;
	if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
		abort();
	deflateEnd(&stream);
	return size - stream.avail_out;
}

TEST(compressed_bodies_say_the_same)
{
	static const int windows[] = { 15 + 16, 15, -15 }; /* gzip, zlib, neither's header */

	for (size_t i = 0; i < EXAMPLES; i++)
		for (size_t j = 0; j < 3; j++) {
			AUTO(buffer_free) struct buffer answered = { 0 };
			unsigned char packed[4096];
			size_t length = compress_text(examples[i].answered, windows[j], packed,
						      sizeof(packed));
			char more[96];
			struct wire wire;

			begin(&wire, &examples[i]);
			wire.cut = j == 0 ? 1 : 0;
			snprintf(more, sizeof(more),
				 "Content-Encoding: %s\r\nContent-Length: %zu\r\n",
				 j ? "deflate" : "gzip", length);
			head(&answered, &examples[i], more);
			buffer_append(&answered, packed, length);
			wire_bytes(&wire, true, answered.data, answered.length);
			end(&wire, &examples[i]);
		}
}

TEST(a_bomb_is_inflated_no_further_than_allowed)
{
	static char zeros[1 << 20];
	static unsigned char packed[1 << 14];
	const struct example *chat = &examples[0];
	AUTO(buffer_free) struct buffer answered = { 0 };
	char more[96];
	struct wire wire;
	size_t length;

	memset(zeros, ' ', sizeof(zeros) - 1);
	memcpy(zeros + sizeof(zeros) - 40, "{\"model\":\"too-late\"}", 20);
	length = compress_text(zeros, 31, packed, sizeof(packed));
	for (int turn = 0; turn < 2; turn++) {
		begin(&wire, chat);
		wire.options.inflate_max = turn ? 2 << 20 : 1 << 19;
		snprintf(more, sizeof(more), "Content-Encoding: gzip\r\nContent-Length: %zu\r\n",
			 length);
		buffer_clear(&answered);
		head(&answered, chat, more);
		buffer_append(&answered, packed, length);
		wire_bytes(&wire, true, answered.data, answered.length);
		wire_close(&wire);
		wire_run(&wire);
		CHECK((strstr(buffer_text(&wire.calls), "too-late") != NULL) == (turn == 1));
		CHECK_CONTAINS(buffer_text(&wire.calls), "complete=1");
		wire_clear(&wire);
	}
}

TEST(the_first_token_is_the_first_text_and_not_the_first_byte)
{
	static const char *const times[] = { "first_byte_ns",     "first_token_ns",   "last_ns",
					     "token_gap_mean_ns", "token_gap_max_ns", NULL };
	AUTO(wire_clear) struct wire wire;
	static const uint64_t waits[] = { 30, 20, 20, 50, 5 };
	static const char *const events[] = {
		"data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
		"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n",
		"data: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n",
		"data: {\"choices\":[{\"delta\":{\"content\":\"c\"}}]}\n\n",
		"data: [DONE]\n\n",
	};

	begin(&wire, &examples[1]);
	wire.members = times;
	for (size_t i = 0; i < 5; i++) {
		AUTO(buffer_free) struct buffer answered = { 0 };

		wire.now_ns += waits[i] * MS - MS;
		if (i == 0)
			head(&answered, &examples[1], "Transfer-Encoding: chunked\r\n");
		chunk(&answered, events[i], strlen(events[i]));
		if (i == 4)
			buffer_string(&answered, "0\r\n\r\n");
		wire_answers(&wire, buffer_text(&answered));
	}
	wire_close(&wire);
	wire_run(&wire);
	CHECK_TEXT(buffer_text(&wire.calls), "first_byte_ns=30ms first_token_ns=50ms last_ns=125ms "
					     "token_gap_mean_ns=35ms token_gap_max_ns=50ms\n");
}

TEST(a_stream_whose_client_went_away_says_what_was_seen)
{
	AUTO(wire_clear) struct wire wire;
	AUTO(buffer_free) struct buffer answered = { 0 };
	const char *events = examples[9].answered;

	begin(&wire, &examples[9]);
	head(&answered, &examples[9], "Transfer-Encoding: chunked\r\n");
	chunk(&answered, events, (size_t)(strstr(events, "event: content_block_stop") - events));
	wire_answers(&wire, buffer_text(&answered));
	wire_piece(&wire, false, NULL, 0, PIECE_RST);
	wire_run(&wire);
	CHECK_TEXT(
		buffer_text(&wire.calls),
		"api_version=2023-06-01 version_source=header status=200 stream_asked=1 streamed=1 "
		"events=4 aborted=1 dialect=anthropic operation=chat model_asked=claude-4 "
		"model_answered=claude-4-1 tokens_in=11 tokens_out=1 tokens_cached=0 "
		"complete=0\n");
}

TEST(each_dialect_has_first_tokens)
{
	static const char *const times[] = { "first_token_ns", NULL };

	for (size_t i = 0; i < EXAMPLES; i++) {
		const bool streamed = strstr(examples[i].call, "streamed=1") != NULL;
		const bool text = streamed && strstr(examples[i].call, "dialect=") &&
				  !strstr(examples[i].call, "overloaded");
		AUTO(buffer_free) struct buffer answered = { 0 };
		AUTO(wire_clear) struct wire wire;

		begin(&wire, &examples[i]);
		wire.members = times;
		head(&answered, &examples[i], "");
		buffer_string(&answered, examples[i].answered);
		wire_answers(&wire, buffer_text(&answered));
		wire_close(&wire);
		wire_run(&wire);
		CHECK_TEXT(buffer_text(&wire.calls), text ? "first_token_ns=1ms\n" : "\n");
	}
}

TEST(behind_a_gap_nothing_is_read_of_a_document_and_the_next_events_are)
{
	static const char *const read[] = { "events", "model_answered", "tokens_in", "loss", NULL };
	static const char *const parts[] = {
		"{\"model\":\"m\",\"a\":\"",
		"............",
		"\",\"usage\":{\"prompt_tokens\":5}}",
		"data: {\"model\":\"m\"}\n\nda",
		"ta: {\"x\":1}\n",
		"\ndata: {\"usage\":{\"prompt_tokens\":5}}\n\n",
	};

	for (size_t i = 0; i < 2; i++) {
		AUTO(buffer_free) struct buffer answered = { 0 };
		AUTO(wire_clear) struct wire wire;
		const char *const *part = parts + 3 * i;
		char length[64];

		begin(&wire, &examples[i]);
		wire.members = read;
		snprintf(length, sizeof(length), "Content-Length: %zu\r\n",
			 strlen(part[0]) + strlen(part[1]) + strlen(part[2]));
		head(&answered, &examples[i], length);
		buffer_string(&answered, part[0]);
		wire_answers(&wire, buffer_text(&answered));
		wire.sequence[1] += (uint32_t)strlen(part[1]);
		wire_answers(&wire, part[2]);
		wire_close(&wire);
		wire_run(&wire);
		CHECK_TEXT(buffer_text(&wire.calls),
			   i ? "events=2 model_answered=m tokens_in=5 loss=response gap\n"
			     : "model_answered=m loss=response gap\n");
	}
}
