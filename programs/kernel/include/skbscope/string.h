/* SPDX-License-Identifier: GPL-2.0-only */
/* clang expands these in place; a call that is left over has nothing to call in BPF. */
#pragma once
void *memcpy(void *to, const void *from, __kernel_size_t bytes);
void *memmove(void *to, const void *from, __kernel_size_t bytes);
void *memset(void *memory, int byte, __kernel_size_t bytes);
int memcmp(const void *a, const void *b, __kernel_size_t bytes);
