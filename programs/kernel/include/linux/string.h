/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/macros.h>
#include <skbscope/string.h>
/* Folded where their operands are constants. */
int bcmp(const void *a, const void *b, __kernel_size_t bytes);
void *memchr(const void *memory, int byte, __kernel_size_t bytes);
char *strcat(char *to, const char *from);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, __kernel_size_t bytes);
char *strchr(const char *string, int byte);
char *strrchr(const char *string, int byte);
char *strstr(const char *string, const char *part);
