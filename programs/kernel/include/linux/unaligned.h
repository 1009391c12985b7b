/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/macros.h>

#define skbscope_get_unaligned(type, pointer) (((const struct { type value; } __attribute__((__packed__)) *)(pointer))->value)
#define get_unaligned(pointer) skbscope_get_unaligned(typeof(*(pointer)), pointer)
#define put_unaligned(what, pointer) \
	((void)(((struct { typeof(*(pointer)) value; } __attribute__((__packed__)) *)(pointer))->value = (what)))
#define get_unaligned_be16(pointer) ((u16)__be16_to_cpu(skbscope_get_unaligned(__be16, pointer)))
#define get_unaligned_be32(pointer) ((u32)__be32_to_cpu(skbscope_get_unaligned(__be32, pointer)))
#define get_unaligned_be64(pointer) ((u64)__be64_to_cpu(skbscope_get_unaligned(__be64, pointer)))
#define get_unaligned_le16(pointer) ((u16)__le16_to_cpu(skbscope_get_unaligned(__le16, pointer)))
#define get_unaligned_le32(pointer) ((u32)__le32_to_cpu(skbscope_get_unaligned(__le32, pointer)))
#define get_unaligned_le64(pointer) ((u64)__le64_to_cpu(skbscope_get_unaligned(__le64, pointer)))
