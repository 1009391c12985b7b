/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel itself knows of a loaded tc program: whether its verifier saw a direct
 * write to packet data. It then puts a prologue in front of the program that makes the
 * packet writable (bpf_unclone_prologue() in net/core/filter.c, the same since Linux
 * 4.7). Writes by helpers and to struct __sk_buff leave no such mark.
 */
#ifndef KERNEL_PROLOGUE_H
#define KERNEL_PROLOGUE_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

/* 1: there is one, 0: there is none, negative: the kernel does not show the program's
 * translated instructions (-EACCES where kernel.kptr_restrict hides them), or that
 * they could not be had. */
int prologue_query(int program_fd);

/* The same of instructions as BPF_OBJ_GET_INFO_BY_FD gives them, constants blinded
 * (net.core.bpf_jit_harden) or not. */
bool prologue_is_present(const struct bpf_insn *instructions, uint32_t count);

#endif
