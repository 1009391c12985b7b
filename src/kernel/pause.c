/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pausing a session: on every hook a placeholder, a program that does nothing, takes the
 * place of the session's own. Attaching and detaching take the kernel a grace period
 * each; replacing one program by another takes microseconds, so that several paused
 * sessions can be resumed, and paused again, at practically the same time.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>

#include "base/error.h"
#include "image/opcode.h"
#include "kernel/session.h"

#define STAGE SKBSCOPE_STAGE_ATTACH

int session_need_placeholder(struct skbscope_session *session, struct skbscope_error *error)
{
	const struct bpf_insn instructions[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = TC_ACT_UNSPEC },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_prog_info info;
	int r;

	if (session->placeholder.fd >= 0)
		return 0;
	session->placeholder.fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "skb_placeholder",
						"Apache-2.0", instructions, 2, NULL);
	if (session->placeholder.fd < 0)
		return fail_errno(error, errno, STAGE, "cannot load the placeholder program");
	r = program_info(session->placeholder.fd, &info);
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot query the placeholder program");
	session->placeholder.id = info.id;
	return 0;
}

static int exchange(struct skbscope_session *session, bool pause, struct skbscope_error *error)
{
	for (size_t i = 0; i < session->hook_count; i++) {
		struct hook *hook = &session->hooks[i];
		struct hook_program running, placeholder = session->placeholder;
		int r;

		if (!session_entry(session, hook->direction, &running))
			continue; /* gone before a swap; it is only still shown */
		placeholder.function = running.function;
		if (hook->program_id == (pause ? placeholder.id : running.id))
			continue;
		r = pause ? hook_replace(hook, &running, &placeholder, error)
			  : hook_replace(hook, &placeholder, &running, error);
		if (r == -ENODEV)
			continue; /* gone; whoever asks is told */
		if (r < 0)
			return r;
	}
	return 0;
}

int skbscope_session_pause(struct skbscope_session *session, struct skbscope_error *error)
{
	int r = session_need_placeholder(session, error);

	return r < 0 ? r : exchange(session, true, error);
}

int skbscope_session_resume(struct skbscope_session *session, struct skbscope_error *error)
{
	return session->placeholder.fd < 0 ? 0 : exchange(session, false, error);
}
