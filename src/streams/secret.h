/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials: which headers hold them, and the keyed hash that tells consumers apart without
 * telling who they are.
 */
#ifndef STREAMS_SECRET_H
#define STREAMS_SECRET_H

#include <nettle/hmac.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "base/span.h"

#define CONSUMER_DIGITS 16u

struct consumer_key {
	struct hmac_sha256_ctx context; /* with the key */
	bool set;                       /* else there are no consumers */
};

void consumer_key_set(struct consumer_key *key, const uint8_t *bytes, size_t length);
/* The first eight bytes of HMAC-SHA-256. */
void consumer_hash(const struct consumer_key *key, struct span credential,
		   char out[CONSUMER_DIGITS + 1]);

/* What of Authorization stays the same from call to call: without the scheme; of a scheme that
 * signs each call, who signs. */
struct span credential_of(struct span authorization);

/* A header's value as it may be shown: of an address, neither its query nor a user's name. */
void header_shown(struct span value, struct buffer *out);

#endif
