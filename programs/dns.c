/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dns - which names are asked for, how fast does who answer, and what fails?
 *
 *   map          key                        value
 *   names        name and type              queries and answers of it
 *   servers      the server's address       queries and answers of it
 *   not_counted  why                        what is in no row of names, per CPU
 *
 * Of queries and answers: `repeated` are queries sent again before an answer came, `nxdomain` to
 * `other_failures` are answers that say so, `truncated` ones that ask for TCP, and `unasked`
 * ones to no query that was seen. `unanswered` are the queries, less the repeated, that have no
 * answer yet. `response` are the response times, each from the first of the queries to the answer with
 * the same addresses, ports, number and question. The result is the one in the header: of what EDNS adds
 * to it (BADVERS, BADCOOKIE) only the lower four bits.
 *
 * Names are in small letters, since servers do not tell them apart and some resolvers mix them on
 * purpose. A dot inside a label looks like one between two. Both ends of a name are whole: it
 * has 253 characters at most. The class is not looked at.
 *
 * UDP, IPv4 and IPv6, behind up to two VLAN tags and six extension headers. A message in
 * fragments is counted by the first. In not_counted are
 *
 *   OVER_TCP          segments with data from or to the port
 *   CUT_SHORT         packets that end inside a header or the question
 *   OTHER_OPERATION   notifications, updates and the like
 *   NOT_ONE_QUESTION  messages with none or several
 *   COMPRESSED        questions whose name points to another place
 *   MALFORMED         questions whose name has labels of no known kind, or is too long
 *
 * The last three are in servers. Encrypted DNS is not seen, and multicast DNS has another port.
 *
 * What comes by several of the interfaces counts on each; on loopback, once. Of names, the ones
 * that were not heard for longest go when there are too many.
 *
 * Cost: a hash lookup or five, and a walk over the name, for DNS; a load or two for everything
 * else. Verdict: TC_ACT_UNSPEC, so the next filter still decides.
 *
 *   # skbscope dns -i eth0
 *   name              type  queries  answers  unanswered  response.n  response.p50  response.p90
 *   www.example.net   A           3        2           1           2       <131 us       <262 us
 *   mail.example.net  A           1        1           0           1       <131 us       <131 us
 *   address     queries  answers  unanswered  response.n  response.p50  response.p90  response.p99
 *   192.0.2.1         4        4           0           4       <131 us       <262 us       <262 us
 *   192.0.2.22        1        0           1           0             -             -             -
 *
 * @group health
 * @ingress received
 * @egress sent
 * @param PORT=53 the servers' port
 * @sort names queries
 * @sort servers queries
 * @hide pending
 * @hide scratch
 * @hide zeros
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
#include <uapi/linux/udp.h>

#include <skbscope/histogram.h>
#include <skbscope/link.h>
#include <skbscope/loopback.h>
#include <skbscope/tcp.h>

#ifndef PORT
#define PORT 53
#endif

#define NAME_SIZE 256
#define TEXT_MAX 253	/* as text, and as the message has it without the first byte, less 1 */
#define LABEL_MAX 63
#define POINTER 0xc0
#define BUCKETS 36	/* up to 34 s */
#define SAME_FOR 30000000000ULL	/* ns: later, the same numbers are those of another query */

struct message {
	__be16 id, flags, questions, answers, authorities, additional;
};

#define IS_ANSWER 0x8000
#define OPERATION 0x7800
#define TRUNCATED 0x0200
#define RESULT 0x000f

enum type {
	A = 1, NS, CNAME = 5, SOA, PTR = 12, HINFO, MX = 15, TXT, AAAA = 28, SRV = 33, NAPTR = 35,
	DS = 43, SSHFP, RRSIG = 46, NSEC, DNSKEY, NSEC3 = 50, TLSA = 52, SVCB = 64, HTTPS,
	IXFR = 251, AXFR, ANY = 255, CAA = 257,
};

enum result { NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED };

struct question {
	char name[NAME_SIZE];
	enum type type;
};

struct server {
	ip_address_t address;
};

struct figures {
	count_t queries, answers;
	level_t unanswered;
	ns_bucket_t response[BUCKETS];
	count_t nxdomain, servfail, refused, other_failures, truncated, repeated, unasked;
};

/* What an answer has in common with its query. */
struct transaction {
	ip_address_t client, server;
	port_be_t port;
	__be16 id;
};

struct asked {
	u64 at;
	u64 question;	/* its hash */
};

enum why {
	OVER_TCP,
	CUT_SHORT,
	OTHER_OPERATION,
	NOT_ONE_QUESTION,
	COMPRESSED,
	MALFORMED,
	WHYS,
};

struct reason {
	enum why why;
};

struct scratch {
	struct question question;
	u64 hash;			/* of it; 0 where it cannot be read */
	u32 length;			/* of the name in the message, less the first byte */
	u8 message[NAME_SIZE];		/* the name there, less the first byte */
};

BPF_TABLE("lru_hash", struct question, struct figures, names, 8192);
BPF_HASH(servers, struct server, struct figures, 1024);
BPF_TABLE("lru_hash", struct transaction, struct asked, pending, 16384);
BPF_PERCPU_ARRAY(scratch, struct scratch, 1);
BPF_ARRAY(zeros, struct figures, 1);	/* too many for the stack */
BPF_TABLE("percpu_array", struct reason, count_t, not_counted, WHYS);

static inline int leave_out(enum why why)
{
	struct reason reason = { why };
	count_t *messages = not_counted.lookup(&reason);

	if (messages) /* the verifier asks; an array slot always exists */
		(*messages)++;
	return TC_ACT_UNSPEC;
}

/* The name's SIZE bytes behind the length of its first label, as text. WHYS, or why it
 * cannot be. */
static inline enum why name_to_text(struct scratch *scratch, u32 label, u32 size)
{
	u32 last = 0;
	u64 hash = 1;

	for (u32 i = 0; i <= TEXT_MAX; i++) {
		u32 byte = scratch->message[i];

		if (i >= size)
			return CUT_SHORT;
		if (label) {
			label--;
			if (byte - 'A' < 26)
				byte |= 0x20;
		} else if (byte) {
			if (byte > LABEL_MAX)
				return byte >= POINTER ? COMPRESSED : MALFORMED;
			label = byte;
			byte = '.';
		} else {
			if (!last) /* it would look like the one without */
				return MALFORMED;
			scratch->hash = hash;
			scratch->length = i + 1;
			return WHYS;
		}
		scratch->question.name[i] = byte;
		last = byte;
		hash = (hash ^ byte) * 0x100000001b3;
	}
	return MALFORMED;
}

/* The question at the cursor, which has LEFT bytes. WHYS, or why it cannot be read. */
static inline enum why read_question(struct cursor *cursor, u32 left, struct scratch *scratch)
{
	enum why why = WHYS;
	u64 size = left - 1;
	u8 label;
	__be16 type;

	if (!left || cursor_read(cursor, &label, sizeof(label)) < 0)
		return CUT_SHORT;
	if (label > LABEL_MAX)
		return label >= POINTER ? COMPRESSED : MALFORMED;
	__builtin_memset(&scratch->question, 0, sizeof(scratch->question));
	if (label) {
		if (size > TEXT_MAX + 1)
			size = TEXT_MAX + 1;
		if (!size)
			return CUT_SHORT;
		size = cursor_size(size, NAME_SIZE);
		if (cursor_look(cursor, 0, scratch->message, size) < 0)
			return CUT_SHORT;
		why = name_to_text(scratch, label, size);
	} else {
		scratch->question.name[0] = '.';
		scratch->hash = 1;
		scratch->length = 0;
	}
	if (why != WHYS)
		return why;
	if (scratch->length + 1 + 4 > left ||
	    cursor_look(cursor, scratch->length, &type, sizeof(type)) < 0)
		return CUT_SHORT;
	if (!type)
		return MALFORMED;
	scratch->question.type = bpf_ntohs(type);
	scratch->hash = (scratch->hash ^ type) * 0x100000001b3;
	return WHYS;
}

/* Of a query: whether it was sent before, and is waited for. */
static inline int is_repeated(struct transaction *transaction, u64 question, u64 now)
{
	struct asked asked = { .at = now, .question = question }, *before;

	before = pending.lookup(transaction);
	if (before && before->question == question && now - before->at < SAME_FOR)
		return 1;
	pending.update(transaction, &asked);
	return 0;
}

/* Of an answer: when its query was seen; 0: never. An answer without a readable question is to any
 * that has the same numbers. */
static inline u64 when_asked(struct transaction *transaction, u64 question)
{
	struct asked *asked = pending.lookup(transaction);
	u64 at;

	if (!asked || (question && asked->question != question))
		return 0;
	at = asked->at;
	pending.delete(transaction);
	return at;
}

static inline void count_query(struct figures *figures, int is_known)
{
	if (!figures) /* the table is full: skbscope says so beside it */
		return;
	lock_xadd(&figures->queries, 1);
	if (is_known)
		lock_xadd(&figures->repeated, 1);
	else
		lock_xadd(&figures->unanswered, 1);
}

static inline void count_answer(struct figures *figures, u32 flags, u64 asked, u64 now)
{
	if (!figures)
		return;
	lock_xadd(&figures->answers, 1);
	if (!asked)
		lock_xadd(&figures->unasked, 1);
	else
		histogram_add_shared(figures->response, now - asked);
	if (asked && figures->unanswered) /* none where the row of the query went since */
		lock_xadd(&figures->unanswered, -1);
	if (flags & TRUNCATED)
		lock_xadd(&figures->truncated, 1);
	switch (flags & RESULT) {
	case NOERROR:
		break;
	case NXDOMAIN:
		lock_xadd(&figures->nxdomain, 1);
		break;
	case SERVFAIL:
		lock_xadd(&figures->servfail, 1);
		break;
	case REFUSED:
		lock_xadd(&figures->refused, 1);
		break;
	default:
		lock_xadd(&figures->other_failures, 1);
	}
}

/* A message at the cursor, with LEFT bytes. */
static inline int count(struct cursor *cursor, const struct ip_packet *ip,
			const struct udphdr *udp, u32 left)
{
	struct transaction transaction = {};
	struct figures *zero, *name = NULL, *server;
	struct message message;
	struct scratch *text;
	u32 flags, first = 0;
	u64 now = bpf_ktime_get_ns(), asked;
	enum why why = NOT_ONE_QUESTION;
	int is_known;

	text = scratch.lookup(&first);
	zero = zeros.lookup(&first);
	if (!text || !zero)	/* the verifier asks; an array slot always exists */
		return TC_ACT_UNSPEC;
	if (left < sizeof(message) || cursor_read(cursor, &message, sizeof(message)) < 0)
		return leave_out(CUT_SHORT);
	flags = bpf_ntohs(message.flags);
	if (flags & OPERATION)
		return leave_out(OTHER_OPERATION);
	if (message.questions == bpf_htons(1))
		why = read_question(cursor, left - sizeof(message), text);
	if (why != WHYS)
		text->hash = 0;
	if (why == WHYS)
		name = names.lookup_or_try_init(&text->question, zero);
	else
		leave_out(why);

	transaction.id = message.id;
	if (flags & IS_ANSWER) {
		transaction.server = ip->source;
		transaction.client = ip->destination;
		transaction.port = udp->dest;
		server = servers.lookup_or_try_init((struct server *)&transaction.server, zero);
		asked = when_asked(&transaction, text->hash);
		count_answer(server, flags, asked, now);
		count_answer(name, flags, asked, now);
	} else {
		transaction.server = ip->destination;
		transaction.client = ip->source;
		transaction.port = udp->source;
		server = servers.lookup_or_try_init((struct server *)&transaction.server, zero);
		is_known = is_repeated(&transaction, text->hash, now);
		count_query(server, is_known);
		count_query(name, is_known);
	}
	return TC_ACT_UNSPEC;
}

static inline int is_port(__be16 source, __be16 destination)
{
	return source == bpf_htons(PORT) || destination == bpf_htons(PORT);
}

static inline int observe(struct __sk_buff *skb)
{
	struct cursor cursor = cursor_start(skb);
	struct ip_packet ip = {};
	struct tcp_segment segment;
	enum tcp_reading read = read_tcp(&cursor, &ip, &segment);
	struct udphdr udp;
	u32 left;

	if (read == TCP_READ && segment.payload && is_port(segment.source, segment.destination))
		return leave_out(OVER_TCP);
	if (read == TCP_TOO_SHORT)
		return leave_out(CUT_SHORT);
	if (read != TCP_IS_OTHER || ip.protocol != IPPROTO_UDP || ip.offset)
		return TC_ACT_UNSPEC;
	if (cursor_read(&cursor, &udp, sizeof(udp)) < 0)
		return leave_out(CUT_SHORT);
	if (!is_port(udp.source, udp.dest))
		return TC_ACT_UNSPEC;
	left = bpf_ntohs(udp.len);
	if (left > ip.length) /* of several fragments, the first */
		left = ip.length;
	return count(&cursor, &ip, &udp, left > sizeof(udp) ? left - sizeof(udp) : 0);
}

int received(struct __sk_buff *skb)
{
	return is_copy(skb) ? TC_ACT_UNSPEC : observe(skb);
}

int sent(struct __sk_buff *skb)
{
	return comes_back(skb) ? TC_ACT_UNSPEC : observe(skb);
}
