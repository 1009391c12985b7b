/* SPDX-License-Identifier: Apache-2.0 */
#include "calls/chain.h"

#include <inttypes.h>
#include <nettle/version.h>
#include <stdio.h>
#include <string.h>

#define SELF ",\"hash\":\""
#define SELF_END "\"}"
#define SELF_LENGTH (sizeof(SELF) - 1 + CHAIN_HEX + sizeof(SELF_END) - 1)

static void put_hex(const uint8_t *digest, char out[CHAIN_HEX + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_DIGEST_SIZE; i++) {
		out[2 * i] = digits[digest[i] >> 4];
		out[2 * i + 1] = digits[digest[i] & 15];
	}
	out[CHAIN_HEX] = '\0';
}

/* nettle 4 knows the size by itself. */
#if NETTLE_VERSION_MAJOR >= 4
#define DIGEST(function, context, out) function(context, out)
#else
#define DIGEST(function, context, out) function(context, SHA256_DIGEST_SIZE, out)
#endif

void chain_hash(const struct chain *chain, const void *text, size_t length, char out[CHAIN_HEX + 1])
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct hmac_sha256_ctx keyed = chain->hmac;
	struct sha256_ctx plain;

	if (chain->keyed) {
		hmac_sha256_update(&keyed, length, text);
		DIGEST(hmac_sha256_digest, &keyed, digest);
	} else {
		sha256_init(&plain);
		sha256_update(&plain, length, text);
		DIGEST(sha256_digest, &plain, digest);
	}
	put_hex(digest, out);
}

void chain_open(struct chain *chain, const uint8_t *key)
{
	*chain = (struct chain){ .keyed = key != NULL, .next = 1 };
	memset(chain->before, '0', CHAIN_HEX);
	if (key)
		hmac_sha256_set_key(&chain->hmac, CHAIN_KEY_BYTES, key);
}

void chain_follow(struct chain *chain, uint64_t number, const char *line, size_t length)
{
	chain->next = number + 1;
	chain_hash(chain, line, length, chain->before);
}

static void put(struct chain *chain, const char *body, size_t length, bool closes,
		struct buffer *out)
{
	const size_t start = out->length;
	char hash[CHAIN_HEX + 1];

	buffer_printf(out, "{\"seq\":%" PRIu64 ",\"prev\":\"%s\",", chain->next, chain->before);
	buffer_append(out, body + 1, length - 1);
	if (closes && !out->failed) {
		out->length--; /* the brace */
		chain_hash(chain, out->data + start, out->length - start, hash);
		buffer_printf(out, SELF "%s" SELF_END, hash);
	}
	if (!out->failed)
		chain_follow(chain, chain->next, out->data + start, out->length - start);
	buffer_append(out, "\n", 1);
}

void chain_add(struct chain *chain, const char *body, size_t length, struct buffer *out)
{
	put(chain, body, length, false, out);
}

void chain_close(struct chain *chain, const char *body, size_t length, struct buffer *out)
{
	put(chain, body, length, true, out);
}

static bool is_hex(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!strchr("0123456789abcdef", text[i]) || !text[i])
			return false;
	return true;
}

bool chain_read(const char *line, size_t length, struct chain_head *out)
{
	static const char first[] = "{\"seq\":", second[] = ",\"prev\":\"";
	size_t at = sizeof(first) - 1;
	uint64_t number = 0;

	if (length < at || memcmp(line, first, at) != 0)
		return false;
	for (; at < length && line[at] >= '0' && line[at] <= '9'; at++)
		if (__builtin_mul_overflow(number, 10u, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(line[at] - '0'), &number))
			return false;
	if (at == sizeof(first) - 1 || length - at < sizeof(second) - 1 + CHAIN_HEX + 2 ||
	    memcmp(line + at, second, sizeof(second) - 1) != 0)
		return false;
	at += sizeof(second) - 1;
	if (!is_hex(line + at, CHAIN_HEX) || line[at + CHAIN_HEX] != '"' || line[length - 1] != '}')
		return false;
	out->number = number;
	memcpy(out->before, line + at, CHAIN_HEX);
	out->before[CHAIN_HEX] = '\0';
	return true;
}

bool chain_is_closing(const char *line, size_t length)
{
	const char *self;

	if (length < SELF_LENGTH)
		return false;
	self = line + length - SELF_LENGTH;
	return memcmp(self, SELF, sizeof(SELF) - 1) == 0 &&
	       memcmp(line + length - (sizeof(SELF_END) - 1), SELF_END, sizeof(SELF_END) - 1) ==
		       0 &&
	       is_hex(self + sizeof(SELF) - 1, CHAIN_HEX);
}

bool chain_closing_fits(const struct chain *chain, const char *line, size_t length)
{
	char hash[CHAIN_HEX + 1];

	if (!chain_is_closing(line, length))
		return false;
	chain_hash(chain, line, length - SELF_LENGTH, hash);
	return memcmp(line + length - (sizeof(SELF_END) - 1) - CHAIN_HEX, hash, CHAIN_HEX) == 0;
}
