/* SPDX-License-Identifier: Apache-2.0 */
/* Traffic control over rtnetlink. */
#include "kernel/tc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "base/buffer.h"
#include "base/cleanup.h"

#define REPLY_BYTES (32u << 10)
#define DUMP_TRIES 5
/* The kernel answers before the call that asks returns, however long that has to
 * wait for others: what is not there then is not coming. */
#define PATIENCE_S 1

struct tc {
	struct mnl_socket *socket;
	uint32_t sequence;
	char message[256];
	_Alignas(struct nlmsghdr) char request[1024];
	_Alignas(struct nlmsghdr) char reply[REPLY_BYTES];
};

int tc_open(struct tc **out)
{
	AUTO(tc_closep) struct tc *tc = calloc(1, sizeof(*tc));
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	int one = 1;

	if (!tc)
		return -ENOMEM;
	tc->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!tc->socket)
		return -errno;
	if (mnl_socket_bind(tc->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	if (setsockopt(mnl_socket_get_fd(tc->socket), SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)) < 0)
		return -errno;
	/* Old kernels have no such messages; then there is only the errno. */
	mnl_socket_setsockopt(tc->socket, NETLINK_EXT_ACK, &one, sizeof(one));
	*out = TAKE(tc);
	return 0;
}

void tc_closep(struct tc **tc)
{
	if (*tc && (*tc)->socket)
		mnl_socket_close((*tc)->socket);
	free(TAKE(*tc));
}

const char *tc_message(const struct tc *tc)
{
	return tc->message;
}

uint32_t tc_parent(enum skbscope_direction direction)
{
	return TC_H_MAKE(TC_H_CLSACT,
			 direction == SKBSCOPE_INGRESS ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
}

struct nlmsghdr *tc_request(struct tc *tc, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(tc->request);

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	header->nlmsg_seq = ++tc->sequence;
	return header;
}

static struct nlmsghdr *begin(struct tc *tc, uint16_t type, uint16_t flags, uint32_t ifindex,
			      uint32_t parent, struct tcmsg **message)
{
	struct nlmsghdr *header = tc_request(tc, type, flags);

	*message = mnl_nlmsg_put_extra_header(header, sizeof(**message));
	(*message)->tcm_family = AF_UNSPEC;
	(*message)->tcm_ifindex = (int)ifindex;
	(*message)->tcm_parent = parent;
	return header;
}

static int parse_message(const struct nlattr *attribute, void *data)
{
	struct tc *tc = data;

	if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG &&
	    mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
		snprintf(tc->message, sizeof(tc->message), "%s", mnl_attr_get_str(attribute));
	return MNL_CB_OK;
}

/* The words beside the errno of a refusal, if there are any. */
static void keep_message(struct tc *tc, size_t length)
{
	const struct nlmsghdr *header = (const void *)tc->reply;
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(header);
	size_t skip = sizeof(*error);

	if (!mnl_nlmsg_ok(header, (int)length) || header->nlmsg_type != NLMSG_ERROR ||
	    !(header->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    mnl_nlmsg_get_payload_len(header) < sizeof(*error))
		return;
	if (!(header->nlmsg_flags & NLM_F_CAPPED) && error->msg.nlmsg_len >= sizeof(error->msg))
		skip += NLMSG_ALIGN((size_t)error->msg.nlmsg_len) - sizeof(error->msg);
	mnl_attr_parse(header, (unsigned int)skip, parse_message, tc);
}

int tc_exchange(struct tc *tc, struct nlmsghdr *request, mnl_cb_t callback, void *data)
{
	int r = MNL_CB_OK;
	ssize_t length;

	tc->message[0] = '\0';
	if (mnl_socket_sendto(tc->socket, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		length = mnl_socket_recvfrom(tc->socket, tc->reply, sizeof(tc->reply));

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		r = mnl_cb_run(tc->reply, (size_t)length, tc->sequence,
			       mnl_socket_get_portid(tc->socket), callback, data);
	} while (r > MNL_CB_STOP);
	if (r == MNL_CB_STOP)
		return 0;
	r = -errno;
	keep_message(tc, (size_t)length);
	return r;
}

static int parse_kind(const struct nlattr *attribute, void *data)
{
	char *kind = data;

	if (mnl_attr_get_type(attribute) == TCA_KIND &&
	    mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
		snprintf(kind, 16, "%s", mnl_attr_get_str(attribute));
	return MNL_CB_OK;
}

struct qdisc_search {
	uint32_t ifindex;
	char *kind;
	bool found;
};

static int see_qdisc(const struct nlmsghdr *header, void *data)
{
	const struct tcmsg *message = mnl_nlmsg_get_payload(header);
	struct qdisc_search *search = data;

	if (header->nlmsg_type != RTM_NEWQDISC || message->tcm_parent != TC_H_CLSACT ||
	    (uint32_t)message->tcm_ifindex != search->ifindex)
		return MNL_CB_OK;
	search->found = true;
	return mnl_attr_parse(header, sizeof(*message), parse_kind, search->kind);
}

int tc_qdisc_find(struct tc *tc, uint32_t ifindex, char kind[16])
{
	struct qdisc_search search = { .ifindex = ifindex, .kind = kind };
	int r = -EINTR;

	/* A dump is interrupted when qdiscs change during it. */
	for (int tries = 0; r == -EINTR && tries < DUMP_TRIES; tries++) {
		struct tcmsg *message;
		struct nlmsghdr *request = begin(tc, RTM_GETQDISC, NLM_F_DUMP, 0, 0, &message);

		kind[0] = '\0';
		search.found = false;
		r = tc_exchange(tc, request, see_qdisc, &search);
	}
	if (r < 0)
		return r;
	return search.found ? 0 : -ENOENT;
}

static int change_clsact(struct tc *tc, uint32_t ifindex, uint16_t type, uint16_t flags)
{
	struct tcmsg *message;
	struct nlmsghdr *request =
		begin(tc, type, NLM_F_ACK | flags, ifindex, TC_H_CLSACT, &message);

	message->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	mnl_attr_put_strz(request, TCA_KIND, "clsact");
	return tc_exchange(tc, request, NULL, NULL);
}

int tc_clsact_add(struct tc *tc, uint32_t ifindex)
{
	return change_clsact(tc, ifindex, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL);
}

int tc_clsact_delete(struct tc *tc, uint32_t ifindex)
{
	return change_clsact(tc, ifindex, RTM_DELQDISC, 0);
}

struct filter_search {
	uint32_t parent;
	struct buffer found; /* of struct tc_filter */
};

static int parse_bpf_option(const struct nlattr *attribute, void *data)
{
	struct tc_filter *filter = data;

	if (mnl_attr_get_type(attribute) == TCA_BPF_NAME &&
	    mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
		snprintf(filter->name, sizeof(filter->name), "%s", mnl_attr_get_str(attribute));
	if (mnl_attr_get_type(attribute) == TCA_BPF_ID &&
	    mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
		filter->program_id = mnl_attr_get_u32(attribute);
	return MNL_CB_OK;
}

/* The kind comes before the options that depend on it. */
static int parse_filter_attribute(const struct nlattr *attribute, void *data)
{
	struct tc_filter *filter = data;

	if (mnl_attr_get_type(attribute) == TCA_OPTIONS && strcmp(filter->kind, "bpf") == 0)
		return mnl_attr_parse_nested(attribute, parse_bpf_option, filter);
	return parse_kind(attribute, filter->kind);
}

static int parse_filter(const struct nlmsghdr *header, void *data)
{
	const struct tcmsg *message = mnl_nlmsg_get_payload(header);
	struct filter_search *search = data;
	struct tc_filter filter;
	int r;

	if (header->nlmsg_type != RTM_NEWTFILTER)
		return MNL_CB_OK;
	memset(&filter, 0, sizeof(filter));
	filter.ifindex = (uint32_t)message->tcm_ifindex;
	filter.parent = search->parent;
	filter.handle = message->tcm_handle;
	filter.priority = (uint16_t)(TC_H_MAJ(message->tcm_info) >> 16);
	r = mnl_attr_parse(header, sizeof(*message), parse_filter_attribute, &filter);
	if (r < 0)
		return r;
	buffer_append(&search->found, &filter, sizeof(filter));
	errno = ENOMEM;
	return search->found.failed ? MNL_CB_ERROR : MNL_CB_OK;
}

int tc_filter_list(struct tc *tc, uint32_t ifindex, enum skbscope_direction direction,
		   struct tc_filter **out, size_t *count)
{
	struct filter_search search = { .parent = tc_parent(direction) };
	char kind[16];
	int r = tc_qdisc_find(tc, ifindex, kind);

	*out = NULL;
	*count = 0;
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	/* An ingress qdisc has no egress side, and answers with its ingress side. */
	if (direction == SKBSCOPE_EGRESS && strcmp(kind, "clsact") != 0)
		return 0;
	r = -EINTR;
	for (int tries = 0; r == -EINTR && tries < DUMP_TRIES; tries++) {
		struct tcmsg *message;
		struct nlmsghdr *request =
			begin(tc, RTM_GETTFILTER, NLM_F_DUMP, ifindex, search.parent, &message);

		buffer_clear(&search.found);
		r = tc_exchange(tc, request, parse_filter, &search);
	}
	if (r < 0) {
		buffer_free(&search.found);
		return r;
	}
	*count = search.found.length / sizeof(struct tc_filter);
	*out = (struct tc_filter *)(void *)search.found.data;
	return 0;
}

static struct nlmsghdr *begin_filter(struct tc *tc, uint16_t type, uint16_t flags,
				     const struct tc_filter *filter)
{
	struct tcmsg *message;
	struct nlmsghdr *request =
		begin(tc, type, NLM_F_ACK | flags, filter->ifindex, filter->parent, &message);

	message->tcm_handle = filter->handle;
	message->tcm_info = TC_H_MAKE((uint32_t)filter->priority << 16, htons(ETH_P_ALL));
	mnl_attr_put_strz(request, TCA_KIND, "bpf");
	return request;
}

static int put_filter(struct tc *tc, const struct tc_filter *filter, uint16_t flags, int program)
{
	struct nlmsghdr *request = begin_filter(tc, RTM_NEWTFILTER, flags, filter);
	struct nlattr *options = mnl_attr_nest_start(request, TCA_OPTIONS);

	mnl_attr_put_u32(request, TCA_BPF_FD, (uint32_t)program);
	mnl_attr_put_strz(request, TCA_BPF_NAME, filter->name);
	mnl_attr_put_u32(request, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	/* A network card must not run it out of sight of its maps. */
	mnl_attr_put_u32(request, TCA_BPF_FLAGS_GEN, TCA_CLS_FLAGS_SKIP_HW);
	mnl_attr_nest_end(request, options);
	return tc_exchange(tc, request, NULL, NULL);
}

int tc_filter_add(struct tc *tc, const struct tc_filter *filter, int program)
{
	return put_filter(tc, filter, NLM_F_CREATE | NLM_F_EXCL, program);
}

/* The kernel makes the new filter whole and then puts it into the list by one
 * pointer (list_replace_rcu), so a packet meets the one or the other. */
int tc_filter_change(struct tc *tc, const struct tc_filter *filter, int program)
{
	return put_filter(tc, filter, 0, program);
}

int tc_filter_delete(struct tc *tc, const struct tc_filter *filter)
{
	return tc_exchange(tc, begin_filter(tc, RTM_DELTFILTER, 0, filter), NULL, NULL);
}
