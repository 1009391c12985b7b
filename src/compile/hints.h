/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the compiler's words mean to somebody who writes a packet program: the
 * message in plain terms where the original speaks of libbcc's insides, and what
 * to write instead.
 */
#ifndef COMPILE_HINTS_H
#define COMPILE_HINTS_H

#include "base/buffer.h"

/* Appends to *plain (empty: the message is good as it is) and *remedy (empty:
 * nothing to say). */
void hints_for(const char *message, struct buffer *plain, struct buffer *remedy);

#endif
