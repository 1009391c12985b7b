/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What programs call without asking. clang expands these in place where it knows the length;
 * a call that is left over has nothing to call in BPF. What programs rather write themselves
 * (strcmp and its like) is in linux/string.h.
 */
#pragma once
void *memcpy(void *to, const void *from, __kernel_size_t bytes);
void *memmove(void *to, const void *from, __kernel_size_t bytes);
void *memset(void *memory, int byte, __kernel_size_t bytes);
int memcmp(const void *a, const void *b, __kernel_size_t bytes);
void bzero(void *memory, __kernel_size_t bytes);
char *strcpy(char *to, const char *from);
char *strncpy(char *to, const char *from, __kernel_size_t bytes);
__kernel_size_t strlen(const char *string);
