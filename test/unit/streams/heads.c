/* SPDX-License-Identifier: Apache-2.0 */
/* What headers say of a call. */
#include "wire.h"

static const struct {
	const char *asked, *answered, *call;
} examples[] = {
	{ "Host: a.example:80", "", "host=a.example:80" },
	{ "HOST: a", "", "host=a" },
	{ "Host: u:p@a", "", "host=a" },
	{ "User-Agent: curl/8", "", "agent=curl/8" },
	{ "Api-Version: 2024-10-21", "", "api_version=2024-10-21 version_source=header" },
	{ "X-GitHub-Api-Version: 2022-11-28", "", "api_version=2022-11-28 version_source=header" },
	{ "Accept: application/vnd.acme.v3+json, */*", "", "api_version=v3 version_source=header" },
	{ "Accept: application/json; version=4", "", "api_version=4 version_source=header" },
	{ "Accept: application/vnd.acme+json", "", "" },
	{ "Api-Version: 1; [31m", "", "" },
	{ "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
	  "X-Request-Id: r1",
	  "X-Request-Id: r2", "trace_id=0af7651916cd43dd8448eb211c80319c" },
	{ "traceparent: rubbish\r\nX-Request-Id: r1", "X-Request-Id: r2", "trace_id=r1" },
	{ "", "X-Request-Id: r2", "trace_id=r2" },
	{ "", "Retry-After: 120", "retry_after_s=120" },
	{ "", "Date: Fri, 31 Dec 1999 23:59:50 GMT\r\nRetry-After: Sat, 01 Jan 2000 00:00:10 GMT",
	  "retry_after_s=20" },
	{ "", "Retry-After: Sat, 01 Jan 2000 00:00:10 GMT", "" },
	{ "", "Retry-After: soon", "" },
	{ "",
	  "x-ratelimit-limit-requests: 60\r\nx-ratelimit-remaining-requests: 59\r\n"
	  "x-ratelimit-limit-tokens: 1000\r\nx-ratelimit-remaining-tokens: 0",
	  "limit_requests=60 requests_left=59 limit_tokens=1000 tokens_left=0" },
	{ "",
	  "anthropic-ratelimit-requests-limit: 60\r\nanthropic-ratelimit-requests-remaining: 59\r\n"
	  "anthropic-ratelimit-tokens-limit: 1000\r\nanthropic-ratelimit-tokens-remaining: 7",
	  "limit_requests=60 requests_left=59 limit_tokens=1000 tokens_left=7" },
	{ "", "x-ratelimit-remaining-tokens: 99999999999999999999", "" },
	{ "", "Deprecation: @1688169599\r\nSunset: Sun, 11 Nov 2029 23:59:59 GMT",
	  "deprecation=@1688169599 sunset=Sun, 11 Nov 2029 23:59:59 GMT" },
	{ "", "Content-Type: Text/HTML; charset=x", "content_type=Text/HTML" },
	{ "",
	  "x-litellm-call-id: c1\r\nx-litellm-response-cost: 0.0012\r\n"
	  "x-litellm-overhead-duration-ms: 2.5",
	  "trace_id=c1 gateway=litellm gateway_overhead_ns=2.5ms cost=0.0012" },
	{ "", "x-portkey-provider: openai", "gateway=portkey provider=openai" },
	{ "", "X-MLflow-Gateway-Overhead-Duration-Ms: 3",
	  "gateway=mlflow gateway_overhead_ns=3ms" },
	{ "X-Tenant: acme", "X-Served-By: b1", "x-tenant=acme x-served-by=b1" },
	{ "X-Tenant: one\r\nX-Tenant: two", "", "x-tenant=one" },
	{ "Host:", "", "" },
};

TEST(headers_are_members_of_the_call)
{
	static const char *const hidden[] = {
		"method",
		"path",
		"route",
		"status",
		"complete",
		"streamed",
		"aborted",
		"request_bytes",
		"response_bytes",
		"request_end_ns",
		"first_byte_ns",
		"last_ns",
		NULL,
	};
	static const char *const chosen[] = { "x-tenant", "x-served-by" };
	const char *shown[64];
	size_t count = 0;

	for (size_t i = 0; i < call_member_count; i++) {
		bool hide = false;

		for (size_t j = 0; hidden[j]; j++)
			hide |= strcmp(hidden[j], call_members[i].name) == 0;
		if (!hide)
			shown[count++] = call_members[i].name;
	}
	shown[count] = NULL;
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
		for (size_t cut = 0; cut < 2; cut++) {
			AUTO(wire_clear) struct wire wire;
			AUTO(buffer_free) struct buffer text = { 0 };
			const char *calls;

			wire_init(&wire);
			wire.cut = cut;
			wire.members = shown;
			wire.options.headers = chosen;
			wire.options.header_count = 2;
			wire_open(&wire);
			buffer_printf(&text, "GET / HTTP/1.1\r\n%s%s\r\n", examples[i].asked,
				      examples[i].asked[0] ? "\r\n" : "");
			wire_asks(&wire, buffer_text(&text));
			buffer_clear(&text);
			buffer_printf(&text, "HTTP/1.1 200 OK\r\n%s%sContent-Length: 0\r\n\r\n",
				      examples[i].answered, examples[i].answered[0] ? "\r\n" : "");
			wire_answers(&wire, buffer_text(&text));
			wire_close(&wire);
			wire_run(&wire);
			calls = buffer_text(&wire.calls);
			while (*calls == ' ')
				calls++;
			CHECK_NUMBER(strlen(calls), strlen(examples[i].call) + 1);
			CHECK(strncmp(calls, examples[i].call, strlen(examples[i].call)) == 0 ||
			      !printf("%s", calls));
		}
}

/* An interim answer's headers are not the answer's. */
TEST(early_hints_say_nothing_of_the_call)
{
	static const char *const only[] = { "status", "sunset", "trace_id", NULL };
	AUTO(wire_clear) struct wire wire;

	wire_init(&wire);
	wire.members = only;
	wire_open(&wire);
	wire_asks(&wire, "GET / HTTP/1.1\r\n\r\n");
	wire_answers(&wire, "HTTP/1.1 103 Early Hints\r\nSunset: x\r\nX-Request-Id: y\r\n\r\n"
			    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	wire_close(&wire);
	wire_run(&wire);
	CHECK_TEXT(buffer_text(&wire.calls), "status=200\n");
}
