/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tls - which clients ask which server names for TLS, in which versions and for which protocols?
 *
 *   map      key                           value
 *   clients  client, server name, highest  ClientHellos, and when the last one came
 *            version, protocols (ALPN)
 *   unread   why                           ClientHellos that could not be read, or not to their
 *                                          end, per CPU
 *
 * A ClientHello is what a client sends first, in clear text: this is what it offers, and not what the
 * server chose. It is looked for at the beginning of each TCP segment, whatever the port. The server
 * name (SNI) is as it was sent, in capitals or not; without one, or without ALPN, the
 * column is empty. Protocols are in the client's order; a list of more than 63 characters ends in +. The
 * version is the highest of those that are offered, of SSL 3.0 to TLS 1.3. What TCP sends again, and the
 * second ClientHello that a server may ask for, count again.
 *
 * Only what one segment holds of it can be read, or several that the kernel has put together (GRO), or not
 * yet cut (GSO). In unread are
 *
 *   CONTINUED      ClientHellos that go on in the next segment or record, or have more than 40
 *                  extensions: in clients, with ? and UNKNOWN for what was not found
 *   NAME_TOO_LONG  server names of more than 255 bytes: not in clients
 *   MALFORMED      lengths that contradict each other: not in clients
 *   CUT_SHORT      packets that end inside a header
 *   IN_QUIC        Initial packets of QUIC, of either side: theirs is encrypted
 *
 * IPv4 and IPv6, behind up to two VLAN tags and six extension headers; fragments are not looked
 * at. What comes by several of the interfaces counts on each; on loopback, once. Of clients' rows, the ones
 * that were not seen for longest go when there are too many.
 *
 * Cost: three loads a packet, and a walk over the extensions for a ClientHello. Verdict: TC_ACT_UNSPEC,
 * so the next filter still decides.
 *
 *   # skbscope tls -i eth0
 *   client      server_name      version  alpn         hellos  hellos/s     last
 *   192.0.2.21  www.example.net  TLS_1_3  h2,http/1.1       1       0.2  6 s ago
 *   192.0.2.22  old.example.net  TLS_1_0                    1       0.2  6 s ago
 *
 * @group traffic
 * @ingress received
 * @egress sent
 * @sort clients hellos
 * @hide scratch
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
#include <uapi/linux/udp.h>

#include <skbscope/link.h>
#include <skbscope/loopback.h>
#include <skbscope/tcp.h>

#define NAME_SIZE 256
#define ALPN_SIZE 64
#define EXTENSIONS 40
#define VERSIONS 16

enum version {
	UNKNOWN = 0,
	SSL_3_0 = 0x300,
	TLS_1_0 = 0x301,
	TLS_1_1 = 0x302,
	TLS_1_2 = 0x303,
	TLS_1_3 = 0x304,
};

struct offer {
	ip_address_t client;
	char server_name[NAME_SIZE];
	enum version version;
	char alpn[ALPN_SIZE];
};

struct seen {
	count_t hellos;
	when_t last;
};

/* What a ClientHello begins with, in its record. */
struct hello {
	u8 content;
	__be16 record_version, record_length;
	u8 kind, length[3];
	__be16 version;
} __attribute__((packed));

#define CONTENT_HANDSHAKE 22
#define KIND_CLIENT_HELLO 1
#define MAJOR_VERSION 3
#define RANDOM_SIZE 32

enum { EXTENSION_SERVER_NAME = 0, EXTENSION_ALPN = 16, EXTENSION_VERSIONS = 43 };

/* Where an extension is, in the segment; at 0 is none. */
struct extension {
	u32 at, length;
};

enum why { CONTINUED, NAME_TOO_LONG, MALFORMED, CUT_SHORT, IN_QUIC, WHYS };

struct reason {
	enum why why;
};

struct scratch {
	struct offer offer;
	struct extension name, alpn, versions;
};

BPF_TABLE("lru_hash", struct offer, struct seen, clients, 4096);
BPF_PERCPU_ARRAY(scratch, struct scratch, 1);
BPF_TABLE("percpu_array", struct reason, count_t, unread, WHYS);

static inline int leave_out(enum why why)
{
	struct reason reason = { why };
	count_t *hellos = unread.lookup(&reason);

	if (hellos) /* the verifier asks; an array slot always exists */
		(*hellos)++;
	return TC_ACT_UNSPEC;
}

/* A list of items at *AT, whose length is in its first SIZE bytes: *AT is behind it then. */
static inline enum why pass_list(const struct cursor *segment, u32 *at, u32 size, u32 available)
{
	u8 length[2] = {};

	if (*at + size > available || cursor_look(segment, *at, length, size) < 0)
		return CONTINUED;
	*at += size + (size == 1 ? length[0] : length[0] << 8 | length[1]);
	return WHYS;
}

/* Notes where the extensions are that are asked for. WHYS, or why that is not all. */
static inline enum why find_extensions(const struct cursor *segment, u32 at, u32 end,
				       u32 available, struct scratch *scratch)
{
	for (u32 i = 0; i < EXTENSIONS; i++) {
		struct extension *found;
		__be16 header[2]; /* type, length */
		u32 length;

		if (at == end)
			return WHYS;
		if (at + sizeof(header) > end)
			return MALFORMED;
		if (at + sizeof(header) > available ||
		    cursor_look(segment, at, header, sizeof(header)) < 0)
			return CONTINUED;
		at += sizeof(header);
		length = bpf_ntohs(header[1]);
		if (at + length > end)
			return MALFORMED;
		if (at + length > available)
			return CONTINUED;
		switch (bpf_ntohs(header[0])) {
		case EXTENSION_SERVER_NAME:
			found = &scratch->name;
			break;
		case EXTENSION_ALPN:
			found = &scratch->alpn;
			break;
		case EXTENSION_VERSIONS:
			found = &scratch->versions;
			break;
		default:
			found = NULL;
		}
		if (found) {
			u8 last;

			/* A recording may have less of the segment. */
			if (cursor_look(segment, at + length - 1, &last, sizeof(last)) < 0)
				return CONTINUED;
			found->at = at;
			found->length = length;
		}
		at += length;
	}
	return at == end ? WHYS : CONTINUED;
}

static inline enum why read_name(const struct cursor *segment, struct scratch *scratch)
{
	u32 at = scratch->name.at, length = scratch->name.length;
	struct {
		__be16 list;
		u8 kind;
		__be16 length;
	} __attribute__((packed)) header;
	u64 size;

	if (length < sizeof(header) || cursor_look(segment, at, &header, sizeof(header)) < 0)
		return MALFORMED;
	if (header.kind)	/* of a host; no other kind was ever defined */
		return WHYS;
	size = bpf_ntohs(header.length);
	if (!size || sizeof(header) + size > length ||
	    bpf_ntohs(header.list) + sizeof(header.list) != length)
		return MALFORMED;
	if (size >= NAME_SIZE)
		return NAME_TOO_LONG;
	size = cursor_size(size, NAME_SIZE);
	if (cursor_look(segment, at + sizeof(header), scratch->offer.server_name, size) < 0)
		return MALFORMED;
	return WHYS;
}

/* A list of names with their length in front, as text: with a comma in place of each length. */
static inline enum why read_alpn(const struct cursor *segment, struct scratch *scratch)
{
	u32 at = scratch->alpn.at, length = scratch->alpn.length;
	struct {
		__be16 list;
		u8 first;
	} __attribute__((packed)) header;
	char *text = scratch->offer.alpn;
	u32 left;
	u64 size;

	if (length <= sizeof(header) || cursor_look(segment, at, &header, sizeof(header)) < 0 ||
	    bpf_ntohs(header.list) + sizeof(header.list) != length)
		return MALFORMED;
	size = length - sizeof(header);
	if (size >= ALPN_SIZE)
		size = ALPN_SIZE - 1;
	size = cursor_size(size, ALPN_SIZE);
	if (cursor_look(segment, at + sizeof(header), text, size) < 0)
		return MALFORMED;
	left = header.first;
	for (u32 i = 0; i < ALPN_SIZE - 1; i++) {
		u8 byte = text[i];

		if (i >= size)
			break;
		if (!byte)	/* neither of a name nor as its length, and a text would end there */
			return MALFORMED;
		if (left) {
			left--;
		} else {
			left = byte;
			text[i] = ',';
		}
	}
	if (length - sizeof(header) < ALPN_SIZE)
		return left ? MALFORMED : WHYS;
	text[ALPN_SIZE - 2] = '+';
	return WHYS;
}

/* The highest of those that are known; there are numbers that stand for none, to keep servers from
 * taking offence at them (GREASE). */
static inline enum why read_versions(const struct cursor *segment, struct scratch *scratch)
{
	u32 at = scratch->versions.at + 1, end = scratch->versions.at + scratch->versions.length;
	u32 highest = 0, version;
	__be16 offered;
	u8 list;

	if (cursor_look(segment, at - 1, &list, sizeof(list)) < 0 || at + list != end || list & 1)
		return MALFORMED;
	for (u32 i = 0; i < VERSIONS; i++) {
		if (at + sizeof(offered) > end ||
		    cursor_look(segment, at, &offered, sizeof(offered)) < 0)
			break;
		version = bpf_ntohs(offered);
		if (version > highest && version >= SSL_3_0 && version <= TLS_1_3)
			highest = version;
		at += sizeof(offered);
	}
	if (highest)
		scratch->offer.version = highest;
	return WHYS;
}

/* What is not in a part that was not seen. */
static inline void leave_open(struct scratch *scratch)
{
	if (!scratch->name.at)
		scratch->offer.server_name[0] = '?';
	if (!scratch->alpn.at)
		scratch->offer.alpn[0] = '?';
	if (!scratch->versions.at)
		scratch->offer.version = UNKNOWN;
}

/* The lists before the extensions, then these. AVAILABLE bytes of the hello are in the segment, at
 * END it ends. WHYS, or why it was not read to there. */
static inline enum why find_all(const struct cursor *segment, u32 end, u32 available,
				struct scratch *scratch)
{
	u32 at = sizeof(struct hello) + RANDOM_SIZE, extensions;
	__be16 length;

	if (pass_list(segment, &at, 1, available) != WHYS ||	/* the session */
	    pass_list(segment, &at, 2, available) != WHYS ||	/* ciphers */
	    pass_list(segment, &at, 1, available) != WHYS)	/* compressions */
		return at > end ? MALFORMED : CONTINUED;
	if (at == end)	/* before TLS 1.2 there need not be any */
		return WHYS;
	if (at + sizeof(length) > end)
		return MALFORMED;
	if (at + sizeof(length) > available || cursor_look(segment, at, &length, sizeof(length)) < 0)
		return CONTINUED;
	at += sizeof(length);
	if (at + bpf_ntohs(length) != end)
		return MALFORMED;
	return find_extensions(segment, at, end, available, scratch);
}

static inline enum why read_hello(const struct cursor *segment, const struct hello *hello,
				  u32 available, struct scratch *scratch)
{
	u32 record = offsetof(struct hello, kind) + bpf_ntohs(hello->record_length);
	u32 end = offsetof(struct hello, version) + (hello->length[1] << 8 | hello->length[2]);
	enum why why, found = WHYS;

	if (available > record)
		available = record;
	scratch->offer.version = bpf_ntohs(hello->version);
	why = find_all(segment, end, available, scratch);
	if (why == MALFORMED)
		return why;
	if (scratch->name.at)
		found = read_name(segment, scratch);
	if (found == WHYS && scratch->alpn.at)
		found = read_alpn(segment, scratch);
	if (found == WHYS && scratch->versions.at)
		found = read_versions(segment, scratch);
	if (found != WHYS)
		return found;
	if (why == CONTINUED)
		leave_open(scratch);
	return why;
}

/* The segment's data, LENGTH bytes, at the cursor. */
static inline int observe_data(const struct cursor *segment, const struct ip_packet *ip, u32 length)
{
	struct seen zero = {}, *seen;
	struct scratch *text;
	struct hello hello;
	u32 first = 0;
	enum why why;

	if (length < sizeof(hello) || cursor_look(segment, 0, &hello, sizeof(hello)) < 0)
		return TC_ACT_UNSPEC;
	if (hello.content != CONTENT_HANDSHAKE || hello.kind != KIND_CLIENT_HELLO ||
	    bpf_ntohs(hello.record_version) >> 8 != MAJOR_VERSION ||
	    bpf_ntohs(hello.version) >> 8 != MAJOR_VERSION || hello.length[0])
		return TC_ACT_UNSPEC;
	text = scratch.lookup(&first);
	if (!text)
		return TC_ACT_UNSPEC;
	__builtin_memset(text, 0, sizeof(*text));
	text->offer.client = ip->source;
	why = read_hello(segment, &hello, length, text);
	if (why != WHYS)
		leave_out(why);
	if (why != WHYS && why != CONTINUED)
		return TC_ACT_UNSPEC;
	seen = clients.lookup_or_try_init(&text->offer, &zero);
	if (!seen)
		return TC_ACT_UNSPEC;
	lock_xadd(&seen->hellos, 1);
	seen->last = bpf_ktime_get_ns();
	return TC_ACT_UNSPEC;
}

static inline int observe_datagram(const struct cursor *cursor)
{
	struct {
		struct udphdr udp;
		u8 kind;
		__be32 version;
	} __attribute__((packed)) quic;

	if (cursor_look(cursor, 0, &quic, sizeof(quic)) < 0)
		return TC_ACT_UNSPEC;
	if ((quic.version == bpf_htonl(1) && (quic.kind & 0xf0) == 0xc0) ||
	    (quic.version == bpf_htonl(0x6b3343cf) && (quic.kind & 0xf0) == 0xd0))
		return leave_out(IN_QUIC);
	return TC_ACT_UNSPEC;
}

static inline int observe(struct __sk_buff *skb)
{
	struct cursor cursor = cursor_start(skb);
	struct ip_packet ip = {};
	struct tcp_segment segment;

	switch (read_tcp(&cursor, &ip, &segment)) {
	case TCP_READ:
		return observe_data(&cursor, &ip, segment.payload);
	case TCP_TOO_SHORT:
		return leave_out(CUT_SHORT);
	case TCP_IS_OTHER:
		if (ip.protocol == IPPROTO_UDP && !ip.offset)
			return observe_datagram(&cursor);
		return TC_ACT_UNSPEC;
	default:
		return TC_ACT_UNSPEC;
	}
}

int received(struct __sk_buff *skb)
{
	return is_copy(skb) ? TC_ACT_UNSPEC : observe(skb);
}

int sent(struct __sk_buff *skb)
{
	return comes_back(skb) ? TC_ACT_UNSPEC : observe(skb);
}
