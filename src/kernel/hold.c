/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holding a session: on every hook a program that does nothing stands in the place
 * of its own. Attaching and detaching take the kernel a grace period each; putting
 * one program in the place of another takes microseconds, so that sessions which
 * are held can begin, and end, as good as together.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <string.h>

#include "base/error.h"
#include "image/opcode.h"
#include "kernel/session.h"

#define STAGE SKBSCOPE_STAGE_ATTACH

int session_need_hold(struct skbscope_session *session, struct skbscope_error *error)
{
	const struct bpf_insn instructions[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = TC_ACT_UNSPEC },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_prog_info info;
	uint32_t length = sizeof(info);

	if (session->hold >= 0)
		return 0;
	session->hold = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "skbscope_hold", "Apache-2.0",
				      instructions, 2, NULL);
	if (session->hold < 0)
		return fail_errno(error, errno, STAGE, "cannot load the program that holds others");
	memset(&info, 0, sizeof(info));
	if (bpf_obj_get_info_by_fd(session->hold, &info, &length) < 0)
		return fail_errno(error, errno, STAGE, "cannot ask for the program that holds");
	session->hold_id = info.id;
	return 0;
}

static int exchange(struct skbscope_session *session, bool hold, struct skbscope_error *error)
{
	for (size_t i = 0; i < session->hook_count; i++) {
		struct hook *hook = &session->hooks[i];
		int index = session->entries.program[hook->direction];
		const struct loaded_program *own = &session->programs[index];
		const struct hook_program running = { own->program->name, own->id, own->fd };
		const struct hook_program held = { own->program->name, session->hold_id,
						   session->hold };
		int r;

		if (hook->program_id == (hold ? held.id : running.id))
			continue;
		r = hold ? hook_replace(hook, &running, &held, error)
			 : hook_replace(hook, &held, &running, error);
		if (r == -ENODEV)
			continue; /* gone; whoever asks is told */
		if (r < 0)
			return r;
	}
	return 0;
}

int skbscope_session_hold(struct skbscope_session *session, struct skbscope_error *error)
{
	int r = session_need_hold(session, error);

	return r < 0 ? r : exchange(session, true, error);
}

int skbscope_session_release(struct skbscope_session *session, struct skbscope_error *error)
{
	return session->hold < 0 ? 0 : exchange(session, false, error);
}
