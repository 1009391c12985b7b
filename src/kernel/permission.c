/* SPDX-License-Identifier: Apache-2.0 */
/* Why the kernel said EPERM: capabilities, sysctl, lockdown. */
#include "kernel/permission.h"

#include <cap-ng.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

static int read_sysctl(const char *path)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (read_file(path, 64, &text) < 0 || !text.length)
		return -1;
	return atoi(buffer_text(&text));
}

/* The file lists every level and brackets the one in force. */
static void read_lockdown(char *out, size_t size)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	const char *start, *end;

	out[0] = '\0';
	if (read_file("/sys/kernel/security/lockdown", 256, &text) < 0)
		return;
	start = strchr(buffer_text(&text), '[');
	end = start ? strchr(start, ']') : NULL;
	if (end)
		snprintf(out, size, "%.*s", (int)(end - start - 1), start + 1);
}

void privileges_get(struct privileges *out)
{
	bool admin;

	memset(out, 0, sizeof(*out));
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_get_caps_process() == 0) {
		admin = capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN);
		out->bpf = admin || capng_have_capability(CAPNG_EFFECTIVE, CAP_BPF);
		out->perfmon = admin || capng_have_capability(CAPNG_EFFECTIVE, CAP_PERFMON);
		out->net_admin = capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN);
	}
	out->unprivileged_denied = read_sysctl("/proc/sys/kernel/unprivileged_bpf_disabled");
	read_lockdown(out->lockdown, sizeof(out->lockdown));
}

int permission_hint(struct skbscope_error *error, int code)
{
	struct privileges have;

	if (code != -EPERM && code != -EACCES)
		return code;
	privileges_get(&have);
	if (!have.bpf || !have.net_admin)
		return hint(
			error, code,
			"this process lacks %s%s%s%s: run it with sudo, or as a service with "
			"AmbientCapabilities=CAP_BPF CAP_NET_ADMIN CAP_PERFMON (enough where the "
			"kernel has tcx; clsact needs root)",
			have.bpf ? "" : "CAP_BPF", have.bpf || have.net_admin ? "" : " and ",
			have.net_admin ? "" : "CAP_NET_ADMIN",
			!have.bpf && have.unprivileged_denied > 0
				? " (and kernel.unprivileged_bpf_disabled is set)"
				: "");
	if (strcmp(have.lockdown, "confidentiality") == 0)
		return hint(error, code,
			    "kernel lockdown is in confidentiality mode, which forbids programs to "
			    "read kernel memory; see /sys/kernel/security/lockdown");
	return hint(
		error, code,
		"the capabilities are present, so a security module, a seccomp filter or a user "
		"namespace refuses it: containers need CAP_BPF and CAP_NET_ADMIN of the host, "
		"and a seccomp profile that allows bpf(2)");
}
