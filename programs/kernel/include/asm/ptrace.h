/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers at a probe, by the kernel's names. */
#pragma once
#include <skbscope/base.h>

#if defined(__x86_64__)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax, ip, cs, flags, sp, ss;
};
#elif defined(__aarch64__)
struct pt_regs {
	__u64 regs[31];
	__u64 sp, pc, pstate;
};
#elif defined(__riscv)
struct pt_regs {
	unsigned long epc, ra, sp, gp, tp, t0, t1, t2, s0, s1;
	unsigned long a0, a1, a2, a3, a4, a5, a6, a7;
	unsigned long s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6;
};
#elif defined(__powerpc__)
struct pt_regs {
	unsigned long gpr[32];
	unsigned long nip, msr, orig_gpr3, ctr, link, xer, ccr, softe, trap, dar, dsisr, result;
};
#elif defined(__s390x__)
typedef struct {
	unsigned long mask, addr;
} __attribute__((aligned(8))) psw_t;
struct pt_regs {
	unsigned long args[1];
	psw_t psw;
	unsigned long gprs[16];
	unsigned long orig_gpr2;
};
#else
struct pt_regs;
#endif
