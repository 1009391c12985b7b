/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * calls - the pieces of HTTP/1.x connections from which user space puts calls together
 *
 *   map         key                      value
 *   ports       the servers' ports       1: filled before the start
 *   unreadable  client, server's port,   connections, and when the last one was found
 *               what it speaks
 *   amounts     what became of them      bytes and segments, per CPU
 *   not_seen    why                      segments or connections of which something is missing here
 *
 * What comes out of the ring is described by <skbscope/http_piece.h>. In short: heads, small
 * bodies, JSON, forms, streams and everything that is not understood are carried; of bodies of
 * more than SMALL bytes, of another type and with a Content-Length, the last byte is. Whoever is
 * wrong here pays in bytes, and not in calls. So no body is cut
 *
 *   - whose head is not whole in its segment, is longer than 1 KiB, has a folded line, a second
 *     length, a transfer coding or a length that is not digits alone,
 *   - that belongs to a status without one (1xx, 204, 304),
 *   - that begins like JSON, or like the next head: so does what follows the answer to HEAD,
 *   - of a connection on which that happened, or HEAD or CONNECT were asked for.
 *
 * A head is looked for at the beginning of a segment, and behind a body that was cut. (A stranger can
 * put something that looks like one at the beginning of a segment in the middle of a body. What is
 * skipped then is said in the next piece, and who parses the stream knows that no counted body
 * is there.)
 *
 * A connection that begins with a record of TLS or with the preface of HTTP/2, or that is
 * upgraded (101), is counted as unreadable and not carried from there on.
 *
 * In not_seen are
 *
 *   ALREADY_OPEN    connections whose beginning was not seen, or that were forgotten since: 16384 are
 *                   kept, and those that had no packet for longest go
 *   LATER_FRAGMENT  fragments of TCP, whoever sent them, but the first of each
 *   CUT_SHORT       packets that end inside a header
 *   NOT_RECORDED    pieces whose bytes a recording does not have
 *   NO_ROOM         connections that nothing could be kept about
 *
 * IPv4 and IPv6, behind up to two VLAN tags and six extension headers; what the kernel merged,
 * or leaves to the card to cut, is one segment, of whatever length. What comes by several of the
 * interfaces is carried several times; on loopback, once.
 *
 * @group calls
 * @ingress received
 * @egress sent
 * @tail steps[0] follow
 * @tail steps[1] read_head
 * @tail steps[2] ship
 * @event pieces http_piece
 * @param SMALL=4096 bytes of a body that is not cut: it costs less to carry
 * @hide connections
 * @hide locks
 * @hide messages
 * @hide notebook
 * @hide steps
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/ends.h>
#include <skbscope/flow.h>
#include <skbscope/http.h>
#include <skbscope/http_piece.h>
#include <skbscope/loopback.h>

#ifndef SMALL
#define SMALL 4096
#endif
#define HEAD 1024	/* bytes that are searched for the end of a head; a power of two */
#define LINES 48	/* of a head */
#define LINE_MOST 64	/* that a line's handler may look beyond */
#define PIECES 64	/* of one segment: 512 KiB, which BIG TCP can have */
#define DIGITS 18	/* of a length, blanks and CR included: less than 64 bits hold */
#define TYPE_MOST 40	/* characters of a type that are looked at */
#define WINDOW 0x40000000	/* bytes of a body that TCP's numbers tell apart for certain */
#define SLIDE (WINDOW / 2)

#define NEWS (TCP_HAS_SYN | TCP_HAS_FIN | TCP_HAS_RST)

enum step_of_work { FOLLOW, READ_HEAD, SHIP, STEPS };

/* A body that is skipped, by the numbers of TCP. The last byte is behind what is skipped. */
struct side {
	u32 from;	/* the number of the first byte in the window */
	u32 size;	/* how many are skipped from there on; 0: there is no such body */
	u32 high;	/* how many of these came by, holes included */
	u32 unseen;	/* the holes */
	u64 before;	/* how many were skipped before the window, */
	u64 more;	/* and how many there are behind it */
};

enum speaks { NOTHING_YET, HTTP_1, TLS, HTTP_2, UPGRADED };

struct connection {
	struct side sides[2];	/* what the low end sends, and the high */
	u8 speaks;
	u8 is_whole;	/* no body is cut any more */
	u8 begun[2];	/* by each end: it has sent something */
	u8 pad[4];
};

struct foreign {
	ip_address_t client;
	port_be_t port;
	u16 pad;
	enum speaks speaks;
};

struct found {
	count_t connections;
	when_t last;
};

enum step { LEADING, DIGIT, TRAILING, GOOD, BAD };

enum fate { CARRIED, SKIPPED, UNREADABLE, FATES };

struct fate_of {
	enum fate fate;
};

struct amount {
	count_t segments;
	bytes_t bytes;
};

enum why { ALREADY_OPEN, LATER_FRAGMENT, CUT_SHORT, NOT_RECORDED, NO_ROOM, WHYS };

struct reason {
	enum why why;
};

/* Bytes of a segment that are carried. */
struct range {
	u32 at, length;	/* behind the start of the payload */
	u64 skipped;
	u32 unseen;
	u32 is_there;	/* though it may be empty: it tells of flags, or of what was skipped */
};

struct message {
	struct http_piece piece;
	u8 data[HTTP_PIECE_MOST];
};

/* What is known about the segment at hand. */
struct notes {
	struct ends ends;
	u32 sequence, payload;	/* the number of its first byte, and how many there are */
	u32 offset;		/* where they begin in the packet */
	u32 scan_at;		/* where a head may begin, behind that */
	tcp_flags_t flags;
	u8 side;		/* whose it is */
	u8 has_head;		/* of a message whose body may be cut */
	u8 pad;
	struct range now, next;
	/* of the head: */
	u32 carried;
	u64 length, limit, at;	/* what there is of it; how far to search, and where that is */
	u64 end;		/* behind its empty line, or 0 */
	u64 counted_at, type_at; /* the values of Content-Length and Content-Type, or 0 */
	u64 is_odd;		/* it is better not to count on it */
	u64 step;		/* of a search: enum step */
	u64 number;		/* that Content-Length has */
	u8 head[HEAD + LINE_MOST];
};

BPF_HASH(ports, port_be_t, u8, 64);
BPF_TABLE("lru_hash", struct ends, struct connection, connections, 16384);
BPF_ARRAY(locks, struct flow_lock, FLOW_LOCKS);
BPF_TABLE("lru_hash", struct foreign, struct found, unreadable, 1024);
BPF_TABLE("percpu_array", struct fate_of, struct amount, amounts, FATES);
BPF_TABLE("percpu_array", struct reason, count_t, not_seen, WHYS);
BPF_PERCPU_ARRAY(messages, struct message, 1);
BPF_PERCPU_ARRAY(notebook, struct notes, 1);
BPF_PROG_ARRAY(steps, STEPS);
BPF_RINGBUF_OUTPUT(pieces, 8192);	/* pages: 32 MiB are what a reader is behind that gets too little CPU */

static inline int leave_out(enum why why)
{
	struct reason reason = { why };
	count_t *count = not_seen.lookup(&reason);

	if (count) /* the verifier asks; an array slot always exists */
		(*count)++;
	return TC_ACT_UNSPEC;
}

static inline int add(enum fate fate, u32 bytes)
{
	struct fate_of fate_of = { fate };
	struct amount *amount = amounts.lookup(&fate_of);

	if (amount) {
		amount->segments++;
		amount->bytes += bytes;
	}
	return TC_ACT_UNSPEC;
}

static inline u32 lock_of(const struct ends *ends)
{
	return bpf_ntohs(ends->low_port ^ ends->high_port) % FLOW_LOCKS;
}

/* --- heads */

/* A line begins at p, which is s->at. */
static inline void read_line(struct notes *s, const u8 *p)
{
	u64 name = eight(p) | SMALL_LETTERS, more = eight(p + 8) | SMALL_LETTERS;

	if (p[0] <= ' ') {	/* the end; else it goes on with the line before, or there is no CR */
		s->limit = 0;
		if (p[0] == '\r' && p[1] == '\n')
			s->end = s->at + 2;
	} else if (name == TWO_WORDS('c', 'o', 'n', 't', 'e', 'n', 't', '-')) {
		if (more << 16 == TWO_WORDS(0, 0, 'l', 'e', 'n', 'g', 't', 'h')) {
			s->is_odd |= s->counted_at | (p[14] ^ ':');
			s->counted_at = s->at + 15;
		} else if ((u32)more == WORD('t', 'y', 'p', 'e')) {
			s->is_odd |= p[12] ^ ':';
			s->type_at = s->at + 13;
		}
	} else if (name == TWO_WORDS('t', 'r', 'a', 'n', 's', 'f', 'e', 'r')) {
		s->limit = 0;
	}
}

/* Looks for the ends of lines, eight bytes at a time. */
static inline void read_lines(struct notes *s)
{
	s->at = 0;
	s->end = 0;
	s->counted_at = 0;
	s->type_at = 0;
	s->is_odd = 0;
	s->limit = s->length;
	for (u32 i = 0; i < HEAD / 8 + LINES; i++) {
		u64 newline, at;

		FORGET();
		at = s->at;
		COMPARED(at);
		if (at >= HEAD || at >= s->limit)
			break;
		newline = zeros_in(eight(s->head + at) ^ EACH_BYTE('\n'));
		if (!newline) {
			s->at = at + 8;
			continue;
		}
		at += before_zero(newline) + 1;
		s->at = at;
		COMPARED(at);
		if (at > HEAD)
			break;
		read_line(s, s->head + at);
	}
	if (s->end > s->length)
		s->end = 0;
}

/* s->number is the length that the head tells, or 0 where it is not digits alone. */
static inline void read_number(struct notes *s)
{
	s->number = 0;
	s->step = LEADING;
	for (u32 i = 0; i < DIGITS; i++) {
		u64 at;
		u32 digit;
		u8 c;

		FORGET();
		at = s->counted_at + (u64)i;
		COMPARED(at);
		if (at >= HEAD || s->step > TRAILING)
			break;
		c = s->head[at];
		digit = c - '0';
		if (digit < 10 && s->step < TRAILING) {
			s->number = s->number * 10 + digit;
			s->step = DIGIT;
		} else if (c == '\r') {
			s->step = s->step == LEADING ? BAD : GOOD;
		} else if (c != ' ' && c != '\t') {
			s->step = BAD;
		} else if (s->step == DIGIT) {
			s->step = TRAILING;
		}
	}
	if (s->step != GOOD)
		s->number = 0;
}

/* Whether the body is of a type that is read: JSON in any of its forms, a stream of events, a form. */
static inline int is_read(struct notes *s)
{
	s->at = s->type_at;
	s->step = LEADING;
	for (u32 i = 0; i < TYPE_MOST; i++) {
		u64 at;
		u32 word;

		FORGET();
		at = s->at;
		COMPARED(at);
		if (at >= HEAD || s->step != LEADING)
			break;
		word = four(s->head + at) | (u32)SMALL_LETTERS;
		if (s->head[at] == '\r')
			s->step = BAD;
		else if (word == WORD('j', 's', 'o', 'n') || word == WORD('v', 'e', 'n', 't') ||
			 word == WORD('u', 'r', 'l', 'e'))
			s->step = GOOD;
		s->at = at + 1;
	}
	return s->step == GOOD;
}

/* What a connection that has not spoken HTTP/1.x begins with. */
static inline enum speaks spoken(const u8 *p)
{
	return is_tls(p) ? TLS : is_http_2(p) ? HTTP_2 : NOTHING_YET;
}

static inline int has_body(const struct notes *s)
{
	u32 status = WORD(0, s->head[9], s->head[10], s->head[11]);

	return s->head[9] != '1' && status != WORD(0, '2', '0', '4') &&
	       status != WORD(0, '3', '0', '4');
}

/* --- bodies that are cut */

/* Whether something that begins so should be carried, whatever its head says of its type. */
static inline int is_suspect(u8 first)
{
	return first == '{' || first == '[' || first == 'H';
}

/* The segment at hand has bytes of the body that is cut, or what is behind it. Without helpers:
 * under the lock. */
static inline int pass(struct side *side, struct notes *s)
{
	s64 at, end, high;

	if (side->more && side->high > SLIDE) {
		u64 more = side->more < SLIDE ? side->more : SLIDE;

		side->from += SLIDE;
		side->high -= SLIDE;
		side->before += SLIDE;
		side->size += more - SLIDE;
		side->more -= more;
	}
	at = tcp_distance(side->from, s->sequence);
	end = at + s->payload;
	if (at > side->size) {	/* behind the last byte */
		if (at > side->size + SLIDE)
			side->size = 0;
		return CARRIED;
	}
	if (end <= 0) {	/* again, or late, of what was carried */
		s->scan_at = s->payload;
		return CARRIED;
	}
	high = end < side->size ? end : side->size;
	if (at > side->high)
		side->unseen += at - side->high;
	else if (high <= side->high && side->unseen)	/* fills a hole */
		side->unseen -= side->unseen < high - at ? side->unseen : high - at;
	if (high > side->high)
		side->high = high;
	s->now.skipped = side->before + side->high;
	s->now.unseen = side->unseen;
	if (at < 0) {	/* head and body at once, again */
		s->now.skipped = 0;
		s->scan_at = s->payload;
		return CARRIED;
	}
	if (end <= side->size) {
		s->now.at = s->payload;
		s->now.length = 0;
		return SKIPPED;
	}
	s->now.at = side->size - at;
	s->now.length = end - side->size;
	s->scan_at = s->now.at + 1;
	return CARRIED;
}

/* Leaves the body out of what is carried, whose head was read at s->scan_at. */
static inline void cut(struct __sk_buff *skb, struct connection *connection, struct flow_lock *lock,
		       struct notes *s)
{
	struct side *side = s->side ? &connection->sides[1] : &connection->sides[0];
	u32 body = s->scan_at + s->end, there = s->payload - body;
	u64 number = s->number;
	u8 first = 0;

	if (there)
		bpf_skb_load_bytes(skb, s->offset + body, &first, sizeof(first));
	if (is_suspect(first)) {
		connection->is_whole = first == 'H';
		return;
	}
	bpf_spin_lock(&lock->lock);
	side->from = s->sequence + body;
	side->size = number - 1 < WINDOW ? number - 1 : WINDOW;
	side->more = number - 1 - side->size;
	side->high = there < side->size ? there : side->size;
	side->unseen = 0;
	side->before = 0;
	bpf_spin_unlock(&lock->lock);
	s->now.length = body - s->now.at;
	add(SKIPPED, side->high);
	if (there >= number) {
		s->next.is_there = 1;
		s->next.at = body + number - 1;
		s->next.length = s->payload - s->next.at;
		s->next.skipped = number - 1;
	} else if (s->flags & (TCP_HAS_FIN | TCP_HAS_RST)) {
		s->next.is_there = 1;
		s->next.at = s->payload;
		s->next.skipped = there;
	}
}

/* Where a head may begin. */
static inline void examine(struct __sk_buff *skb, struct connection *connection, struct notes *s,
			   u32 is_first)
{
	u32 at = s->scan_at, left = s->payload - at;
	enum http_begins kind;

	s->has_head = 0;
	if (at >= s->payload || left < HTTP_BEGINNING ||
	    bpf_skb_load_bytes(skb, s->offset + at, s->head, HTTP_BEGINNING) < 0)
		return;
	kind = http_begins(s->head);
	if (kind == HTTP_NOTHING) {
		if (is_first && !connection->speaks)
			connection->speaks = spoken(s->head);
		return;
	}
	connection->speaks = HTTP_1;
	if (four(s->head) == WORD('H', 'E', 'A', 'D') || four(s->head) == WORD('C', 'O', 'N', 'N'))
		connection->is_whole = 1;
	if (kind == HTTP_ANSWER && four(s->head + 8) == WORD(' ', '1', '0', '1'))
		connection->speaks = UPGRADED;
	s->has_head = !connection->is_whole && (kind == HTTP_REQUEST || has_body(s));
}

/* --- segments */

static inline void count_unreadable(const struct http_piece *piece, enum speaks speaks)
{
	int is_client = piece->marks & HTTP_PIECE_TO_SERVER;
	struct found zero = {}, *found;
	struct foreign foreign = { .speaks = speaks };

	foreign.client = is_client ? piece->source : piece->destination;
	foreign.port = is_client ? piece->destination_port : piece->source_port;
	found = unreadable.lookup_or_try_init(&foreign, &zero);
	if (!found)
		return;
	lock_xadd(&found->connections, 1);
	found->last = piece->time;
}

/* What the other end sent is cut off in the middle: how much was skipped by then. */
static inline void tell_of_other(struct message *message, const struct side *other)
{
	struct http_piece piece = message->piece;

	piece.source = message->piece.destination;
	piece.destination = message->piece.source;
	piece.source_port = message->piece.destination_port;
	piece.destination_port = message->piece.source_port;
	piece.marks = (piece.marks & HTTP_PIECE_TO_SERVER ? HTTP_PIECE_FROM_SERVER : 0) |
		      (piece.marks & HTTP_PIECE_FROM_SERVER ? HTTP_PIECE_TO_SERVER : 0);
	piece.sequence = other->from + other->high;
	piece.skipped = other->before + other->high;
	piece.unseen = other->unseen;
	piece.flags = 0;
	piece.segment = 0;
	pieces.ringbuf_output(&piece, sizeof(piece), 0);
}

/* What the headers say goes into the notes, and the rest is done by follow(): a program that is called
 * by a tail call knows nothing of the ways on which that was reached, and so the verifier walks it
 * once. */
static inline int see(struct __sk_buff *skb, enum way way)
{
	struct cursor cursor = cursor_start(skb);
	struct tcp_segment segment = {};
	struct message *message;
	struct ip_packet ip = {};
	u32 first = 0, marks = 0;
	struct notes *s;

	switch (read_tcp(&cursor, &ip, &segment)) {
	case TCP_READ:
		break;
	case TCP_LATER_FRAGMENT:
		return leave_out(LATER_FRAGMENT);
	case TCP_IS_OTHER:
		return TC_ACT_UNSPEC;
	default:
		return leave_out(CUT_SHORT);
	}
	if (ports.lookup(&segment.destination))
		marks |= HTTP_PIECE_TO_SERVER;
	if (ports.lookup(&segment.source))
		marks |= HTTP_PIECE_FROM_SERVER;
	if (!marks || (!segment.payload && !(segment.flags & NEWS)))
		return TC_ACT_UNSPEC;
	s = notebook.lookup(&first);
	message = messages.lookup(&first);
	if (!s || !message)
		return TC_ACT_UNSPEC;
	s->side = order_ends(&ip, &segment, &s->ends);
	s->sequence = segment.sequence + (segment.flags & TCP_HAS_SYN ? 1 : 0);
	s->payload = segment.payload;
	s->flags = segment.flags;
	s->offset = link_length(skb) + cursor.at;
	message->piece.source = ip.source;
	message->piece.destination = ip.destination;
	message->piece.source_port = segment.source;
	message->piece.destination_port = segment.destination;
	message->piece.segment = segment.payload;
	message->piece.marks = marks;
	message->piece.way = way;
	steps.call(skb, FOLLOW);
	return leave_out(NO_ROOM);
}

/* What is to be carried of the segment. */
static inline int follow_connection(struct __sk_buff *skb, struct notes *s, struct message *message)
{
	struct connection fresh = {}, *connection;
	struct side *side, *other;
	struct flow_lock *lock;
	u32 slot, is_first;
	u8 byte;

	s->scan_at = 0;
	__builtin_memset(&s->now, 0, sizeof(s->now) + sizeof(s->next));
	s->now.length = s->payload;
	message->piece.time = bpf_ktime_get_ns();
	message->piece.length = 0;

	connection = connections.lookup(&s->ends);
	if (connection && s->flags & TCP_HAS_SYN)	/* of an older one with the same ports */
		*connection = fresh;
	if (!connection) {
		if (!(s->flags & TCP_HAS_SYN)) {
			message->piece.marks |= HTTP_PIECE_UNKNOWN;
			leave_out(ALREADY_OPEN);
		}
		connection = connections.lookup_or_try_init(&s->ends, &fresh);
	}
	slot = lock_of(&s->ends);
	lock = locks.lookup(&slot);
	if (!connection || !lock) {
		leave_out(NO_ROOM);
		return CARRIED;
	}
	if (connection->speaks > HTTP_1) {
		add(UNREADABLE, s->payload);
		return SKIPPED;
	}
	side = s->side ? &connection->sides[1] : &connection->sides[0];
	other = s->side ? &connection->sides[0] : &connection->sides[1];
	if (s->flags & TCP_HAS_RST && other->size && other->high < other->size)
		tell_of_other(message, other);
	if (!s->payload) {
		if (side->size && side->high < side->size && s->flags & (TCP_HAS_FIN | TCP_HAS_RST)) {
			s->now.skipped = side->before + side->high;
			s->now.unseen = side->unseen;
		}
		return CARRIED;
	}
	is_first = !connection->begun[s->side & 1];
	connection->begun[s->side & 1] = 1;
	if (side->size && side->from == s->sequence && !side->before && !connection->is_whole &&
	    bpf_skb_load_bytes(skb, s->offset, &byte, sizeof(byte)) == 0 && is_suspect(byte)) {
		connection->is_whole = byte == 'H';
		side->size = 0;
	}
	if (side->size) {
		int fate;

		bpf_spin_lock(&lock->lock);
		fate = pass(side, s);
		bpf_spin_unlock(&lock->lock);
		if (s->payload > s->now.length)
			add(SKIPPED, s->payload - s->now.length);
		if (fate == SKIPPED && !(s->flags & (TCP_HAS_FIN | TCP_HAS_RST)))
			return SKIPPED;
	}
	examine(skb, connection, s, is_first);
	if (connection->speaks > HTTP_1) {
		count_unreadable(&message->piece, connection->speaks);
		message->piece.marks |= HTTP_PIECE_UNREADABLE;
		if (connection->speaks != UPGRADED) {
			s->now.length = 0;
			add(UNREADABLE, s->payload);
		}
	}
	return CARRIED;
}

int follow(struct __sk_buff *skb)
{
	u32 first = 0;
	struct notes *s = notebook.lookup(&first);
	struct message *message = messages.lookup(&first);

	if (!s || !message || follow_connection(skb, s, message) == SKIPPED)
		return TC_ACT_UNSPEC;
	steps.call(skb, s->has_head ? READ_HEAD : SHIP);
	return leave_out(NO_ROOM);
}

/* Whether the head tells of a body that is cut. */
static inline int is_to_cut(struct __sk_buff *skb, struct notes *s)
{
	u32 left = s->payload - s->scan_at;

	if (left > HEAD)
		left = HEAD;
	s->length = left;
	if (bpf_skb_load_bytes(skb, s->offset + s->scan_at, s->head, cursor_size(left, HEAD)) < 0)
		return 0;
	read_lines(s);
	if (!s->end || !s->counted_at || s->is_odd)
		return 0;
	read_number(s);
	return s->number > SMALL && !(s->type_at && is_read(s));
}

int read_head(struct __sk_buff *skb)
{
	u32 first = 0, slot;
	struct notes *s = notebook.lookup(&first);
	struct connection *connection;
	struct flow_lock *lock;

	if (!s)
		return TC_ACT_UNSPEC;
	if (is_to_cut(skb, s)) {
		slot = lock_of(&s->ends);
		connection = connections.lookup(&s->ends);
		lock = locks.lookup(&slot);
		if (connection && lock)
			cut(skb, connection, lock, s);
	}
	steps.call(skb, SHIP);
	return leave_out(NO_ROOM);
}

/* The ranges of the segment that are carried, in pieces. */
int ship(struct __sk_buff *skb)
{
	u32 first = 0;
	struct notes *s = notebook.lookup(&first);
	struct message *message = messages.lookup(&first);

	if (!s || !message)
		return TC_ACT_UNSPEC;
	s->carried = s->now.length + s->next.length;
	for (u32 i = 0; i < PIECES + 2; i++) {
		struct http_piece *piece;
		u64 size, total;
		u32 length;

		FORGET();
		piece = &message->piece;
		length = s->now.length;
		if (length > HTTP_PIECE_MOST)
			length = HTTP_PIECE_MOST;
		piece->sequence = s->sequence + s->now.at;
		piece->skipped = s->now.skipped;
		piece->unseen = s->now.unseen;
		piece->length = length;
		s->now.at += length;
		s->now.length -= length;
		s->now.skipped = 0;
		s->now.unseen = 0;
		piece->flags = s->flags;
		if (s->now.length | s->next.is_there)
			piece->flags = s->flags & ~(TCP_HAS_FIN | TCP_HAS_RST);
		FORGET();
		total = sizeof(*piece);
		length = piece->length;
		if (length) {
			size = cursor_size(length, HTTP_PIECE_MOST);
			total += size;
			if (bpf_skb_load_bytes(skb, s->offset + s->now.at - length, message->data, size) < 0) {
				piece->marks |= HTTP_PIECE_CUT_SHORT;
				total = sizeof(*piece);
			}
		}
		pieces.ringbuf_output(message, total, 0);
		FORGET();
		if (s->now.length)
			continue;
		if (!s->next.is_there)
			break;
		s->now = s->next;
		s->next.is_there = 0;
	}
	add(CARRIED, s->carried);
	if (message->piece.marks & HTTP_PIECE_CUT_SHORT)
		leave_out(NOT_RECORDED);
	return TC_ACT_UNSPEC;
}

int received(struct __sk_buff *skb)
{
	return is_copy(skb) ? TC_ACT_UNSPEC : see(skb, RECEIVED);
}

int sent(struct __sk_buff *skb)
{
	return comes_back(skb) ? TC_ACT_UNSPEC : see(skb, SENT);
}
