/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "%s" of a text that is chosen at run time: bpf_trace_printk("%s", up ? "in" : "out"). BPF
 * has no memory for string constants, and what the compiler does not know it cannot copy. As
 * arrays on the stack, (char[]){"in"}, they have an address to read at.
 */
#ifndef COMPILE_PRINT_TEXTS_H
#define COMPILE_PRINT_TEXTS_H

#include <stddef.h>

#include "compile/insertions.h"

/* Adds to the list: of the string constants in each argument with a "?", of calls that print, of
 * macros that do, and of macros that are used there. -ENOMEM. */
int print_texts_find(const char *text, size_t length, struct insertions *out);

#endif
