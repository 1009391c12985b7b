/* SPDX-License-Identifier: Apache-2.0 */
/* One field of a header: its bits, and its value as text. */
#ifndef PACKET_FIELD_H
#define PACKET_FIELD_H

#include "base/buffer.h"
#include "base/span.h"
#include "packet/headers.h"

/* Of all but IPv6 addresses. */
uint64_t field_get(const uint8_t *header, const struct packet_field *field);
void field_put(uint8_t *header, const struct packet_field *field, uint64_t value);

void field_put_initial(uint8_t *header, const struct packet_field *field);
bool field_is_initial(const uint8_t *header, const struct packet_field *field);

/* False: it is no value of the field; what would be one, as a sentence. */
bool field_parse(struct span text, const struct packet_field *field, uint8_t *header,
		 struct buffer *wanted);
void field_print(const uint8_t *header, const struct packet_field *field, struct buffer *out);

#endif
