/* SPDX-License-Identifier: Apache-2.0 */
/* From the bytes that a terminal sends to the keys that were typed. */
#ifndef RUN_TYPED_H
#define RUN_TYPED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* The next key, whose bytes are taken out; false: there is none, or not all of it. Whole: no
 * more bytes are to come that belong to it, so that Escape alone is a key. After the terminal
 * was painted, which is when its sequences are known. */
bool typed_key(struct buffer *typed, bool whole, uint32_t *key);

/* Once, when the sequences of the terminal are known. */
void typed_know_arrows(void);

#endif
