/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arp - who asks for whom, who answers, and do two claim the same address?
 *
 *   map          key                           value
 *   questions    who asks, for which address   how often, and when last
 *   owners       an address, and a MAC         how often it said so, and when last
 *                address that claims it
 *   moved        an address                    its MAC addresses of before and of now, how often
 *                                              they changed, and when last
 *   not_counted  why                           ARP messages that are in none of these, per CPU
 *
 * Whoever sends an ARP message claims its sender address: a question does, too. A wanted
 * address without a row in owners has not answered. An address in moved is with two
 * machines, or has just changed from one to the other. A probe (the question of a machine that has no
 * address yet) claims nothing. IPv6 has neighbour discovery instead: see icmp.
 *
 * Cost: up to three hash lookups for ARP, one comparison for everything else. Verdict:
 * TC_ACT_UNSPEC, so the next filter still decides.
 *
 *   # skbscope arp -i eth0
 *   from        wanted      asked  asked/s        last
 *   192.0.2.10  192.0.2.1       2      0.3  409 ms ago
 *   address     before             now                changes  changes/s        last
 *   192.0.2.66  02:00:00:00:00:66  02:00:00:00:00:01        2        0.3  551 ms ago
 *
 * @group health
 * @ingress observe
 * @egress observe
 * @sort questions asked
 * @sort owners claims
 * @hide known
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/if_arp.h>
#include <uapi/linux/if_ether.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/link.h>
#include <skbscope/types.h>

struct message {
	__be16 hardware, protocol;
	u8 hardware_length, protocol_length;
	__be16 operation;
	mac_t sender_mac;
	ipv4_t sender;
	mac_t target_mac;
	ipv4_t target;
} __attribute__((packed));

struct question {
	ipv4_t from, wanted;
};

struct asked {
	count_t asked;
	when_t last;
};

struct owner {
	ipv4_t address;
	mac_t mac;
	u16 pad;
};

struct claimed {
	count_t claims;
	when_t last;
};

struct home {
	ipv4_t address;
};

struct move {
	mac_t before, now;
	u32 pad;
	count_t changes;
	when_t last;
};

enum why { CUT_SHORT, NOT_ETHERNET_AND_IPV4, WHYS };

struct reason {
	enum why why;
};

BPF_HASH(questions, struct question, struct asked, 4096);
BPF_HASH(owners, struct owner, struct claimed, 4096);
BPF_HASH(moved, struct home, struct move, 1024);
BPF_HASH(known, struct home, mac_t, 4096);
BPF_TABLE("percpu_array", struct reason, count_t, not_counted, WHYS);

static inline int leave_out(enum why why)
{
	struct reason reason = { why };
	count_t *messages = not_counted.lookup(&reason);

	if (messages) /* the verifier asks; an array slot always exists */
		(*messages)++;
	return TC_ACT_UNSPEC;
}

static inline void count_question(const struct message *message, u64 now)
{
	struct question question = { message->sender, message->target };
	struct asked zero = {}, *asked = questions.lookup_or_try_init(&question, &zero);

	if (!asked)
		return;
	lock_xadd(&asked->asked, 1);
	asked->last = now;
}

static inline void count_claim(const struct message *message, u64 now)
{
	struct owner owner = { .address = message->sender, .mac = message->sender_mac };
	struct claimed zero = {}, *claimed = owners.lookup_or_try_init(&owner, &zero);

	if (!claimed)
		return;
	lock_xadd(&claimed->claims, 1);
	claimed->last = now;
}

static inline int is_same(const mac_t *a, const mac_t *b)
{
	u8 different = 0;

#pragma unroll
	for (int i = 0; i < sizeof(*a); i++)
		different |= a->bytes[i] ^ b->bytes[i];
	return !different;
}

static inline void see_whether_moved(const struct message *message, u64 now)
{
	struct home home = { message->sender };
	mac_t mac = message->sender_mac, *before = known.lookup(&home);
	struct move zero = {}, *move;

	if (before && !is_same(before, &mac)) {
		move = moved.lookup_or_try_init(&home, &zero);
		if (move) {
			move->before = *before;
			move->now = mac;
			lock_xadd(&move->changes, 1);
			move->last = now;
		}
		*before = mac;
	} else if (!before) {
		known.update(&home, &mac);
	}
}

int observe(struct __sk_buff *skb)
{
	struct cursor cursor = cursor_start(skb);
	struct message message;
	u64 now;

	if (link_ethertype(&cursor) != ETH_P_ARP)
		return TC_ACT_UNSPEC;
	if (cursor_read(&cursor, &message, sizeof(message)) < 0)
		return leave_out(CUT_SHORT);
	if (message.hardware != bpf_htons(ARPHRD_ETHER) ||
	    message.protocol != bpf_htons(ETH_P_IP) || message.hardware_length != 6 ||
	    message.protocol_length != 4)
		return leave_out(NOT_ETHERNET_AND_IPV4);

	now = bpf_ktime_get_ns();
	if (message.operation == bpf_htons(ARPOP_REQUEST) && message.sender != message.target)
		count_question(&message, now);
	if (message.sender) {
		count_claim(&message, now);
		see_whether_moved(&message, now);
	}
	return TC_ACT_UNSPEC;
}
