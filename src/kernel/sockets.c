/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets over sock_diag. */
#include "kernel/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/buffer.h"
#include "base/cleanup.h"

#define REPLY_BYTES (32u << 10)
#define PATIENCE_S 1
#define GUESTS_MAX 4096u /* connections of one port that are looked through for a row */

/* Protocol, local port and address, remote port and address: in this order those that begin
 * alike stand side by side, and one who listens before his connections. */
#define OF_PORT 3u
#define OF_END 19u
#define OF_BOTH 37u

struct entry {
	uint8_t key[OF_BOTH];
	uint32_t inode;
};

struct sockets {
	struct buffer entries;   /* of struct entry, sorted */
	struct buffer peers;     /* the same, the remote end before the local one */
	struct buffer addresses; /* of this namespace, 16 bytes each */
	uint8_t protocol;        /* that is being asked for */
};

static void put_port(uint8_t *to, uint16_t port)
{
	to[0] = (uint8_t)(port >> 8);
	to[1] = (uint8_t)port;
}

static void put_ends(uint8_t key[OF_BOTH], uint8_t protocol, const struct end *local,
		     const struct end *remote)
{
	key[0] = protocol;
	put_port(key + 1, local->port);
	memcpy(key + OF_PORT, local->address, 16);
	put_port(key + OF_END, remote->port);
	memcpy(key + OF_END + 2, remote->address, 16);
}

static void put_address(uint8_t to[16], bool is_six, const void *address)
{
	static const uint8_t nothing[4] = { 0 };

	memset(to, 0, 16);
	if (is_six) {
		memcpy(to, address, 16);
	} else if (memcmp(address, nothing, 4) != 0) {
		to[10] = to[11] = 0xff;
		memcpy(to + 12, address, 4);
	}
}

static int see_socket(const struct nlmsghdr *header, void *data)
{
	const struct inet_diag_msg *message = mnl_nlmsg_get_payload(header);
	const bool is_six = message->idiag_family == AF_INET6;
	struct sockets *sockets = data;
	struct end local = { 0 }, remote = { 0 };
	struct entry entry;

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*message))
		return MNL_CB_OK;
	/* One that waits for its last packets is no process's any more. */
	if (!message->idiag_inode || sockets->entries.length / sizeof(entry) >= SOCKETS_MAX)
		return MNL_CB_OK;
	local.port = ntohs(message->id.idiag_sport);
	remote.port = ntohs(message->id.idiag_dport);
	put_address(local.address, is_six, message->id.idiag_src);
	put_address(remote.address, is_six, message->id.idiag_dst);
	memset(&entry, 0, sizeof(entry));
	put_ends(entry.key, sockets->protocol, &local, &remote);
	entry.inode = message->idiag_inode;
	buffer_append(&sockets->entries, &entry, sizeof(entry));
	put_ends(entry.key, sockets->protocol, &remote, &local);
	buffer_append(&sockets->peers, &entry, sizeof(entry));
	return MNL_CB_OK;
}

static int dump(struct mnl_socket *socket, uint8_t family, struct sockets *sockets,
		uint32_t sequence)
{
	_Alignas(struct nlmsghdr) char bytes[REPLY_BYTES];
	struct nlmsghdr *header = mnl_nlmsg_put_header(bytes);
	struct inet_diag_req_v2 *request;
	ssize_t length;
	int r = MNL_CB_OK;

	header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->nlmsg_seq = sequence;
	request = mnl_nlmsg_put_extra_header(header, sizeof(*request));
	request->sdiag_family = family;
	request->sdiag_protocol = sockets->protocol;
	request->idiag_states = UINT32_MAX;
	if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
		return -errno;
	while (r == MNL_CB_OK) {
		length = mnl_socket_recvfrom(socket, bytes, sizeof(bytes));
		if (length < 0)
			return -errno;
		r = mnl_cb_run(bytes, (size_t)length, sequence, mnl_socket_get_portid(socket),
			       see_socket, sockets);
	}
	return r < 0 ? -errno : 0;
}

static int compare_entries(const void *a, const void *b)
{
	return memcmp(a, b, OF_BOTH);
}

static void sort_entries(struct buffer *entries)
{
	if (entries->length)
		qsort(entries->data, entries->length / sizeof(struct entry), sizeof(struct entry),
		      compare_entries);
}

static int compare_addresses(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

static void list_addresses(struct buffer *out)
{
	struct ifaddrs *all = NULL;
	uint8_t address[16];

	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
		if (!one->ifa_addr)
			continue;
		if (one->ifa_addr->sa_family == AF_INET)
			put_address(address, false,
				    &((const struct sockaddr_in *)(const void *)one->ifa_addr)
					     ->sin_addr);
		else if (one->ifa_addr->sa_family == AF_INET6)
			put_address(address, true,
				    &((const struct sockaddr_in6 *)(const void *)one->ifa_addr)
					     ->sin6_addr);
		else
			continue;
		buffer_append(out, address, sizeof(address));
	}
	freeifaddrs(all);
	if (out->length)
		qsort(out->data, out->length / 16, 16, compare_addresses);
}

static int fill(struct sockets *sockets)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP };
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	uint32_t sequence = 0;
	int r = socket ? 0 : -errno;

	if (r == 0 && (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
		       setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &patience,
				  sizeof(patience)) < 0))
		r = -errno;
	for (size_t p = 0; r == 0 && p < sizeof(protocols); p++)
		for (size_t f = 0; r == 0 && f < sizeof(families); f++) {
			sockets->protocol = protocols[p];
			r = dump(socket, families[f], sockets, ++sequence);
			/* Sockets came and went meanwhile: those that were told are good. And
			 * a kernel may know nothing of UDP's. */
			if (r == -EINTR || (r == -ENOENT && protocols[p] == IPPROTO_UDP))
				r = 0;
		}
	if (socket)
		mnl_socket_close(socket);
	return r;
}

int sockets_list(struct sockets **out)
{
	AUTO(sockets_freep) struct sockets *sockets = calloc(1, sizeof(*sockets));
	int r = sockets ? fill(sockets) : -ENOMEM;

	if (r < 0)
		return r;
	list_addresses(&sockets->addresses);
	if (sockets->entries.failed || sockets->peers.failed || sockets->addresses.failed)
		return -ENOMEM;
	sort_entries(&sockets->entries);
	sort_entries(&sockets->peers);
	*out = TAKE(sockets);
	return 0;
}

void sockets_freep(struct sockets **sockets)
{
	if (*sockets) {
		buffer_free(&(*sockets)->entries);
		buffer_free(&(*sockets)->peers);
		buffer_free(&(*sockets)->addresses);
	}
	free(TAKE(*sockets));
}

static bool is_local(const struct sockets *sockets, const uint8_t address[16])
{
	return sockets->addresses.length &&
	       bsearch(address, sockets->addresses.data, sockets->addresses.length / 16, 16,
		       compare_addresses);
}

struct finding {
	const struct sockets *sockets;
	uint32_t *inodes;
	size_t count, room;
};

/* Where those are whose keys begin with so many bytes of that one. */
static size_t first_of(const struct buffer *sorted, const uint8_t *key, size_t length)
{
	const struct entry *entries = (const void *)sorted->data;
	size_t low = 0, high = sorted->length / sizeof(*entries);

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (memcmp(entries[middle].key, key, length) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void find(struct finding *finding, const struct buffer *sorted, const uint8_t *key,
		 size_t length)
{
	const struct entry *entries = (const void *)sorted->data;
	const size_t count = sorted->length / sizeof(*entries);

	for (size_t i = first_of(sorted, key, length);
	     i < count && finding->count < finding->room &&
	     memcmp(entries[i].key, key, length) == 0;
	     i++)
		finding->inodes[finding->count++] = entries[i].inode;
}

/* Connections of that address to a port of ours, whatever port it has itself. */
static void find_guests(struct finding *finding, uint8_t protocol, const struct end *end)
{
	const struct buffer *sorted = &finding->sockets->entries;
	const struct entry *entries = (const void *)sorted->data;
	const struct end ours = { .port = end->port }, nobody = { 0 };
	uint8_t key[OF_BOTH];
	size_t first, count = sorted->length / sizeof(*entries);

	put_ends(key, protocol, &ours, &nobody);
	first = first_of(sorted, key, OF_PORT);
	if (count > first + GUESTS_MAX)
		count = first + GUESTS_MAX;
	for (size_t i = first; i < count && finding->count < finding->room &&
			       memcmp(entries[i].key, key, OF_PORT) == 0;
	     i++)
		if (memcmp(entries[i].key + OF_END + 2, end->address, 16) == 0)
			finding->inodes[finding->count++] = entries[i].inode;
}

/* One who is there for whoever comes to that end, at any address of ours, too. */
static void find_waiting(struct finding *finding, uint8_t protocol, const struct end *end)
{
	const struct end any = { .port = end->port }, nobody = { 0 };
	const struct buffer *entries = &finding->sockets->entries;
	uint8_t key[OF_BOTH];

	put_ends(key, protocol, end, &nobody);
	find(finding, entries, key, OF_BOTH);
	put_ends(key, protocol, &any, &nobody);
	if (is_local(finding->sockets, end->address))
		find(finding, entries, key, OF_BOTH);
}

static void find_between(struct finding *finding, const struct ends *ends, uint8_t protocol)
{
	const struct end *a = &ends->end[0], *b = &ends->end[1];
	const size_t before = finding->count;
	uint8_t key[OF_BOTH];

	put_ends(key, protocol, a, b);
	find(finding, &finding->sockets->entries, key, OF_BOTH);
	find(finding, &finding->sockets->peers, key, OF_BOTH);
	if (finding->count > before)
		return;
	find_waiting(finding, protocol, a);
	find_waiting(finding, protocol, b);
}

static void find_at(struct finding *finding, const struct end *end, uint8_t protocol)
{
	static const uint8_t none[16];
	const struct end nobody = { 0 };
	const size_t before = finding->count;
	uint8_t key[OF_BOTH];

	put_ends(key, protocol, end, &nobody);
	if (memcmp(end->address, none, 16) == 0) {
		find(finding, &finding->sockets->entries, key, OF_PORT);
		return;
	}
	find_waiting(finding, protocol, end);
	if (finding->count == before)
		find(finding, &finding->sockets->entries, key, OF_END);
	if (finding->count == before)
		find(finding, &finding->sockets->peers, key, OF_END);
	if (finding->count == before)
		find_guests(finding, protocol, end);
}

static void find_of(struct finding *finding, const struct ends *ends, size_t count,
		    uint8_t protocol)
{
	if (count == 2)
		find_between(finding, ends, protocol);
	else
		find_at(finding, &ends->end[0], protocol);
}

size_t sockets_find(const struct sockets *sockets, const struct ends *ends, size_t count,
		    uint32_t *inodes, size_t room)
{
	struct finding finding = { sockets, inodes, 0, room };

	if (ends->protocol) {
		find_of(&finding, ends, count, ends->protocol);
	} else {
		find_of(&finding, ends, count, IPPROTO_TCP);
		find_of(&finding, ends, count, IPPROTO_UDP);
	}
	return finding.count;
}
