/* SPDX-License-Identifier: Apache-2.0 */
/* What must not be said, and what is said in its place. */
#include "streams/secret.h"

#include "wire.h"

TEST(headers_with_credentials_are_refused_by_their_names)
{
	static const char *const secret[] = {
		"Authorization",        "proxy-authorization", "COOKIE",
		"Set-Cookie",           "x-api-key",           "api-key",
		"x-goog-api-key",       "X-Auth-Token",        "x-csrf-token",
		"x-functions-key",      "x-my-password",       "apikey",
		"x-session-id",         "x_api_key",           "sec-websocket-key",
		"x-amz-security-token", "x-client-secret",     "x-hub-signature",
	};
	static const char *const plain[] = {
		"x-request-id",    "x-ratelimit-remaining-tokens",
		"idempotency-key", "host",
		"author",          "x-monkey",
		"x-tenant",        "server",
	};

	for (size_t i = 0; i < sizeof(secret) / sizeof(*secret); i++)
		CHECK(header_is_secret(secret[i]) || !printf("%s\n", secret[i]));
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		CHECK(!header_is_secret(plain[i]) || !printf("%s\n", plain[i]));
}

TEST(options_with_such_a_header_are_refused)
{
	static const char *const names[] = { "x-tenant", "Cookie" };
	struct streams_options options = { .headers = names, .header_count = 2 };
	struct streams_callbacks callbacks = { 0 };
	struct streams *streams = NULL;

	CHECK_NUMBER(streams_new(&options, &callbacks, &streams), -EINVAL);
	options.header_count = CALL_HEADERS_MAX + 1;
	CHECK_NUMBER(streams_new(&options, &callbacks, &streams), -EINVAL);
}

TEST(a_consumer_is_the_hash_that_anybody_with_the_key_can_make)
{
	struct consumer_key key;
	char digits[CONSUMER_DIGITS + 1];

	/* RFC 4231, test case 2 */
	consumer_key_set(&key, (const uint8_t *)"Jefe", 4);
	consumer_hash(&key, span_of("what do ya want for nothing?"), digits);
	CHECK_TEXT(digits, "5bdcc146bf60754e");
}

TEST(a_credential_is_what_stays_the_same)
{
	static const struct {
		const char *header, *credential;
	} examples[] = {
		{ "Bearer abc", "abc" },
		{ "bearer  abc ", "abc" },
		{ "Basic dTpw", "dTpw" },
		{ "abc", "abc" },
		{ "Digest username=\"Mufasa\", nonce=\"1\"", "Mufasa" },
		{ "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu/s3/aws4_request, Signature=x",
		  "AKID" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
		CHECK(span_is(credential_of(span_of(examples[i].header)), examples[i].credential));
}

#define PLANTED "planted-s3cret"

/* In every place where somebody may have one. */
TEST(no_secret_leaves_whatever_is_made_of_the_connection)
{
	static const char *const chosen[] = { "x-tenant", "referer", "location", "x-original-url" };
	static const char *const requests[] = {
		"GET /a?key=" PLANTED "&token=" PLANTED " HTTP/1.1\r\nHost: u:" PLANTED "@x\r\n",
		"GET http://u:" PLANTED "@x/a;s=" PLANTED "?q=" PLANTED "#" PLANTED " HTTP/1.1\r\n",
		"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n",
		"POST /v1/chat/completions?api-version=" PLANTED
		".and-it-is-too-long-for-one HTTP/1.1\r\n",
	};
	static const char headers[] =
		"Authorization: Bearer " PLANTED "\r\nCookie: s=" PLANTED "\r\n"
		"X-Api-Key: " PLANTED "\r\nx-tenant: acme\r\n"
		"Referer: https://u:" PLANTED "@y/z?s=" PLANTED "\r\nX-Original-URL: /a?s=" PLANTED
		"\r\nContent-Type: application/json\r\n";
	static const char *const ends[] = { "\r\n", "bad header " PLANTED "\r\n\r\n",
					    "Content-Length: 1\r\nContent-Length: 2\r\n\r\n" };
	static const char asked[] =
		"{\"model\":\"m\",\"messages\":[{\"content\":\"" PLANTED "\"}]}";
	static const char answered[] = "{\"choices\":[{\"message\":{\"content\":\"" PLANTED "\"}}],"
				       "\"error\":\"" PLANTED "\"}";

	for (size_t i = 0; i < 4; i++)
		for (size_t j = 0; j < 3; j++) {
			AUTO(wire_clear) struct wire wire;
			AUTO(buffer_free) struct buffer text = { 0 };

			wire_init(&wire);
			wire.options.headers = chosen;
			wire.options.header_count = 4;
			wire_open(&wire);
			buffer_printf(&text, "%s%sContent-Length: %zu\r\n%s%s", requests[i],
				      headers, sizeof(asked) - 1, ends[j], asked);
			if (j == 2) {
				buffer_clear(&text);
				buffer_printf(&text, "%s%s%s%s", requests[i], headers, ends[j],
					      asked);
			}
			wire_asks(&wire, buffer_text(&text));
			buffer_clear(&text);
			buffer_printf(
				&text,
				"HTTP/1.1 400 Bad\r\nSet-Cookie: s=" PLANTED "\r\n"
				"Location: https://u:" PLANTED "@x/y?code=" PLANTED "\r\n"
				"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
				sizeof(answered) - 1, answered);
			wire_answers(&wire, buffer_text(&text));
			wire_close(&wire);
			wire_run(&wire);
			CHECK(!strstr(buffer_text(&wire.calls), PLANTED) ||
			      !printf("%s\n", buffer_text(&wire.calls)));
			CHECK(!strstr(buffer_text(&wire.events), PLANTED));
			CHECK(wire.call_count == (j != 1));
			if (j == 0) {
				CHECK_CONTAINS(buffer_text(&wire.calls), "x-tenant=acme");
				CHECK_CONTAINS(buffer_text(&wire.calls), "consumer=");
				CHECK_CONTAINS(buffer_text(&wire.calls), "referer=https://y/z");
				CHECK_CONTAINS(buffer_text(&wire.calls), "location=https://x/y");
			}
		}
}

TEST(a_key_has_one_consumer_wherever_it_stands)
{
	static const char *const ways[] = {
		"GET /a HTTP/1.1\r\nAuthorization: Bearer k1\r\n\r\n",
		"GET /a HTTP/1.1\r\nx-api-key: k1\r\n\r\n",
		"GET /a?x=y&key=k1 HTTP/1.1\r\n\r\n",
		"GET /a HTTP/1.1\r\nAuthorization: Bearer k1\r\napi-key: other\r\n\r\n",
		"GET /a?key=other HTTP/1.1\r\napi-key: k1\r\n\r\n",
	};
	static const char *const only[] = { "consumer", NULL };
	char first[64] = "";

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		AUTO(wire_clear) struct wire wire;

		wire_init(&wire);
		wire.members = only;
		wire_open(&wire);
		wire_asks(&wire, ways[i]);
		wire_run(&wire);
		if (!i)
			snprintf(first, sizeof(first), "%s", buffer_text(&wire.calls));
		CHECK_TEXT(buffer_text(&wire.calls), first);
		CHECK(strlen(first) == 9 + CONSUMER_DIGITS + 1);
	}
}
