/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as text: in hexadecimal, and as strings in quotes with C's escapes. */
#ifndef PACKET_BYTES_H
#define PACKET_BYTES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"

int hex_digit(char c); /* -1: none */

/* Pairs of digits, with ':' between them if somebody likes. False: something else. */
bool hex_parse(struct span text, struct buffer *out);
void hex_print(const uint8_t *bytes, size_t size, struct buffer *out);

/* Takes a string with its quotes from the front. False: *at is where it is none, and why. */
bool string_take(struct span *rest, struct buffer *out, const char **at, const char **why);
bool string_is_better(const uint8_t *bytes, size_t size); /* than hexadecimal */
void string_print(const uint8_t *bytes, size_t size, struct buffer *out);

#endif
