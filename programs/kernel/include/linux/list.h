/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/macros.h>

#define list_entry(pointer, type, member) container_of(pointer, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) list_entry((head)->prev, type, member)
#define list_next_entry(entry, member) list_entry((entry)->member.next, typeof(*(entry)), member)
#define hlist_entry(pointer, type, member) container_of(pointer, type, member)
#define list_empty(head) ((head)->next == (head))
#define hlist_empty(head) (!(head)->first)
