/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chain of lines: each is an object of JSON that begins with its number and the hash of the line
 * before, all of it but the newline. Who changes a line changes what the next one has to say. With
 * a key the hash is an HMAC, which nobody makes who does not have the key; without one it finds
 * damage, but not a forger who writes all that follows anew.
 */
#ifndef CALLS_CHAIN_H
#define CALLS_CHAIN_H

#include <nettle/hmac.h>
#include <nettle/sha2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define CHAIN_KEY_BYTES 32u
#define CHAIN_HEX (2u * SHA256_DIGEST_SIZE)

struct chain {
	bool keyed;
	struct hmac_sha256_ctx hmac;
	uint64_t next;              /* line's number; the first one's is 1 */
	char before[CHAIN_HEX + 1]; /* the hash of the line before; zeros: there is none */
};

/* KEY may be NULL. */
void chain_open(struct chain *chain, const uint8_t *key);
/* Of other text, by the same key. */
void chain_hash(const struct chain *chain, const void *text, size_t length,
		char out[CHAIN_HEX + 1]);

/* Appends the line that says BODY, an object of JSON with members. */
void chain_add(struct chain *chain, const char *body, size_t length, struct buffer *out);
/* The same, of a line behind which none may follow for now: it ends with a hash of itself. */
void chain_close(struct chain *chain, const char *body, size_t length, struct buffer *out);

/* What a line begins with; false: it is no line of a chain. */
struct chain_head {
	uint64_t number;
	char before[CHAIN_HEX + 1];
};
bool chain_read(const char *line, size_t length, struct chain_head *out);
/* Whether a line that chain_close() wrote still is what it was; false also for one that it did
 * not write. */
bool chain_is_closing(const char *line, size_t length);
bool chain_closing_fits(const struct chain *chain, const char *line, size_t length);
/* Goes on behind that line. */
void chain_follow(struct chain *chain, uint64_t number, const char *line, size_t length);

#endif
