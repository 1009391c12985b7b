/* SPDX-License-Identifier: Apache-2.0 */
/* For tests that attach: networks of their own, packets, and a look at what is there. */
#ifndef TEST_PROGRAM_NETWORK_H
#define TEST_PROGRAM_NETWORK_H

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "fixture.h"
#include "kernel/abi.h"
#include "kernel/ledger.h"
#include "kernel/tc.h"

static inline bool run(const char *command)
{
	return system(command) == 0;
}

static inline bool raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up;

	request.ifr_flags = IFF_UP | IFF_RUNNING;
	up = sock >= 0 && ioctl(sock, SIOCSIFFLAGS, &request) == 0;
	if (sock >= 0)
		close(sock);
	return up;
}

/* A /run of this test's own: what else happens on the machine stays out of its
 * ledger and its list of namespaces. */
static inline bool private_run(void)
{
	static bool done;

	if (!done)
		done = unshare(CLONE_NEWNS) == 0 &&
		       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		       mount("tmpfs", "/run", "tmpfs", 0, "mode=755") == 0;
	return done;
}

/* A network of this test's own, with nothing in it but a loopback device. */
static inline bool fresh_network(void)
{
	fixture_needs_root();
	return private_run() && unshare(CLONE_NEWNET) == 0 && raise_loopback();
}

/* By the kernel's own word, rather than by that of the code under test: what is on
 * the hook of lo? */
static inline bool has_tcx(void)
{
	uint32_t count = 0;

	return bpf_prog_query(1, (enum bpf_attach_type)ABI_TCX_INGRESS, 0, NULL, NULL, &count) == 0;
}

#define NEEDS_TCX() SKIP_UNLESS(has_tcx(), "this kernel has no tcx")
/* In what is tried with each hook. */
#define NEEDS_HOOK(hook)                                                                           \
	SKIP_UNLESS((hook) != SKBSCOPE_HOOK_TCX || has_tcx(), "this kernel has no tcx")

/* Each datagram crosses lo once out and once in; someone receives it, so nothing
 * is answered. */
static inline bool send_packets(int count)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), sent = 0;
	char byte = 'x';

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(receiver, (struct sockaddr *)&address, length) == 0 &&
	    getsockname(receiver, (struct sockaddr *)&address, &length) == 0)
		while (sent < count &&
		       sendto(receiver, &byte, 1, 0, (struct sockaddr *)&address, length) == 1 &&
		       recv(receiver, &byte, 1, 0) == 1)
			sent++;
	close(receiver);
	return sent == count;
}

static inline size_t filters(uint32_t ifindex, enum skbscope_direction direction)
{
	struct tc_filter *list = NULL;
	struct tc *tc = NULL;
	size_t count = 0;

	if (tc_open(&tc) < 0 || tc_filter_list(tc, ifindex, direction, &list, &count) < 0)
		count = SIZE_MAX;
	free(list);
	tc_closep(&tc);
	return count;
}

static inline bool has_qdisc(uint32_t ifindex)
{
	struct tc *tc = NULL;
	char kind[16];
	int r = tc_open(&tc);

	r = r < 0 ? r : tc_qdisc_find(tc, ifindex, kind);
	tc_closep(&tc);
	return r != -ENOENT;
}

/* Entries of this namespace: other tests may be at work in theirs. */
static inline size_t ledger_entries(void)
{
	struct ledger_entry *entries = NULL;
	struct ledger *ledger = NULL;
	struct netns_identity here;
	size_t count = 0, ours = 0;

	if (netns_identity(&here) < 0 || ledger_open(LEDGER_DIRECTORY, &ledger, NULL) < 0 ||
	    ledger_list(ledger, &entries, &count) < 0)
		ours = SIZE_MAX;
	for (size_t i = 0; i < count; i++)
		ours += netns_same(&entries[i].netns, &here);
	free(entries);
	ledger_closep(&ledger);
	return ours;
}

#endif
