/* SPDX-License-Identifier: Apache-2.0 */
#include "streams/secret.h"

#include <string.h>
#include <strings.h>

#include "streams/route.h"
#include "streams/streams.h"

void consumer_key_set(struct consumer_key *key, const uint8_t *bytes, size_t length)
{
	key->set = bytes != NULL;
	if (key->set)
		hmac_sha256_set_key(&key->context, length, bytes);
}

void consumer_hash(const struct consumer_key *key, struct span credential,
		   char out[CONSUMER_DIGITS + 1])
{
	struct hmac_sha256_ctx context = key->context;
	uint8_t digest[CONSUMER_DIGITS / 2];

	hmac_sha256_update(&context, credential.length, (const uint8_t *)credential.text);
	hmac_sha256_digest(&context, sizeof(digest), digest);
	for (size_t i = 0; i < CONSUMER_DIGITS; i++)
		out[i] = "0123456789abcdef"[digest[i / 2] >> (i % 2 ? 0 : 4) & 0xf];
	out[CONSUMER_DIGITS] = '\0';
}

/* What stands between MARK and one of END. */
static bool part(struct span text, const char *mark, const char *end, struct span *out)
{
	const char *found = span_find(text, mark);
	size_t n = 0;

	if (!found)
		return false;
	text = span_from(text, (size_t)(found - text.text) + strlen(mark));
	while (n < text.length && !strchr(end, text.text[n]))
		n++;
	*out = (struct span){ text.text, n };
	return n > 0;
}

static bool skip_scheme(struct span *value, const char *scheme)
{
	size_t length = strlen(scheme);

	if (value->length <= length || value->text[length] != ' ' ||
	    strncasecmp(value->text, scheme, length) != 0)
		return false;
	*value = span_trim(span_from(*value, length));
	return true;
}

struct span credential_of(struct span authorization)
{
	static const char *const plain[] = { "bearer", "basic", "token", "apikey", "api-key" };
	struct span value = span_trim(authorization), who;

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (skip_scheme(&value, plain[i]))
			return value;
	if (skip_scheme(&value, "digest"))
		return part(value, "username=\"", "\"", &who) ? who : value;
	if (span_begins(value, "AWS4-"))
		return part(value, "Credential=", "/,", &who) ? who : value;
	return value;
}

static bool has_word(struct span name, const char *const *words)
{
	while (name.length) {
		size_t n = 0;

		while (n < name.length && name.text[n] != '-' && name.text[n] != '_')
			n++;
		for (size_t i = 0; words[i]; i++)
			if (strlen(words[i]) == n && strncasecmp(words[i], name.text, n) == 0)
				return true;
		name = span_from(name, n + (n < name.length));
	}
	return false;
}

bool header_is_secret(const char *name)
{
	static const char *const words[] = { "key",       "token",     "auth",      "jwt",
					     "signature", "session",   "passwd",    "pwd",
					     "sid",       "sessionid", "assertion", NULL };
	static const char *const parts[] = { "apikey", "authorization", "cookie",
					     "secret", "password",      "credential" };

	if (strcasecmp(name, "idempotency-key") == 0)
		return false;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strcasestr(name, parts[i]))
			return true;
	return has_word(span_of(name), words);
}

void header_shown(struct span value, struct buffer *out)
{
	struct target target;

	if (!span_contains(value, "://") && !span_begins(value, "/")) {
		buffer_append(out, value.text, value.length);
		return;
	}
	target = target_split(value);
	if (target.host.text) {
		buffer_append(out, value.text, (size_t)(span_find(value, "://") + 3 - value.text));
		buffer_append(out, target.host.text, target.host.length);
	}
	route_path(target.path, out);
}
