#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Captures of the odd kind: every header cut at every byte, and lengths that lie.

  odd_frames.py short FILE     each frame really ends at each of its bytes
  odd_frames.py recorded FILE  each frame was recorded up to each of its bytes
  odd_frames.py lies FILE      each length is 0, 1, one too small or too large, or as large as can be

The same bytes each time. The frames of a kind have a source address of their own, so that a row tells
which kind it came from.
"""
import struct
import sys

ETHERNET = bytes.fromhex("020000002301" "020000002302")
IPV4, ARP, IPV6, VLAN, QINQ, MPLS, PPPOE = 0x0800, 0x0806, 0x86DD, 0x8100, 0x88A8, 0x8847, 0x8864
ICMP, IPIP, TCP, UDP, SIX_IN_FOUR, ROUTING, FRAGMENT, GRE, ESP, AH, ICMPV6, NONE, DSTOPTS, SCTP = (
    1, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 132)


class Part:
    """Bytes, and where in them lengths are: (offset, bytes, mask, shift, what is no lie)."""

    def __init__(self, data=b"", lengths=()):
        self.data, self.lengths = data, list(lengths)

    def __add__(self, other):
        if isinstance(other, bytes):
            other = Part(other)
        behind = [(offset + len(self.data), *rest) for offset, *rest in other.lengths]
        return Part(self.data + other.data, self.lengths + behind)

    def __len__(self):
        return len(self.data)


def field(size, value, fits=()):
    """A length, of so many bytes."""
    return Part(value.to_bytes(size, "big"), [(0, size, (1 << 8 * size) - 1, 0, fits)])


def link(ethertype, payload):
    return Part(ETHERNET + struct.pack("!H", ethertype)) + payload


def tag(kind, vlan, ethertype, payload):
    """As what is behind a link's addresses."""
    return Part(ETHERNET + struct.pack("!HHH", kind, vlan, ethertype)) + payload


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total & 0xFFFF) + (total >> 16)
    return (~((total & 0xFFFF) + (total >> 16))) & 0xFFFF


SOURCES = 0


def next_source():
    global SOURCES
    SOURCES += 1
    return SOURCES


def ipv4(protocol, payload, options=b"", fragment=0):
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH4s4s", 0x40 | words, 0, 4 * words + len(payload), 7, fragment, 64, protocol,
                       0, bytes((10, 0, next_source(), 1)), bytes((10, 9, 9, 9))) + options
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return Part(head, [(0, 1, 0x0F, 0, ()), (2, 2, 0xFFFF, 0, ())]) + payload


def ipv6(protocol, payload):
    source = bytes.fromhex("20010db8") + bytes(8) + struct.pack("!HH", next_source(), 1)
    head = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64)
    return Part(head + source + bytes.fromhex("20010db8") + bytes(11) + b"\x99",
                [(4, 2, 0xFFFF, 0, ())]) + payload


ANY = range(255)  # of an extension header, if it is in the packet: what is in it is not looked at


def options6(protocol, payload):
    """Hop by hop, or for the destination: padding of 12 bytes."""
    return Part(bytes((protocol,))) + field(1, 1, ANY) + bytes((1, 12)) + bytes(12) + payload


def routing(protocol, payload):
    return Part(bytes((protocol,))) + field(1, 2, ANY) + bytes((2, 0)) + bytes(4) + bytes(15) + b"\x77" + payload


def fragment6(protocol, offset, payload):
    return Part(struct.pack("!BBHI", protocol, 0, offset, 9)) + payload


def authentication(protocol, payload):
    return Part(bytes((protocol,))) + field(1, 4, ANY) + bytes(2) + bytes(20) + payload


def tcp(source, destination, flags, payload=b"", options=b""):
    words = 5 + len(options) // 4
    return Part(struct.pack("!HHIIBBHHH", source, destination, 23, 42, words << 4, flags, 4096, 0, 0) + options,
                [(12, 1, 0xF0, 4, ())]) + payload


def udp(source, destination, payload):
    return Part(struct.pack("!HH", source, destination)) + field(2, 8 + len(payload)) + bytes(2) + payload


def dns(number, flags, name, kind, answer=b""):
    message = Part(struct.pack("!HH", number, flags)) + field(2, 1)
    message += struct.pack("!HHH", 1 if answer else 0, 0, 0)
    for label in name.split("."):
        message += field(1, len(label)) + label.encode()
    return message + struct.pack("!BHH", 0, kind, 1) + answer


ANSWER = bytes.fromhex("c00c000100010000003c0004c0000201")


def vector(size, content, fits=()):
    return field(size, len(content), fits) + content


def extension(kind, content):
    return Part(struct.pack("!H", kind)) + vector(2, content)


def client_hello(name):
    name = Part(b"\x00") + vector(2, name.encode())
    protocols = vector(1, b"h2") + vector(1, b"http/1.1")
    extensions = extension(0, vector(2, name)) + extension(16, vector(2, protocols))
    extensions += extension(43, vector(1, bytes.fromhex("0a0a03040303")))
    hello = Part(b"\x03\x03" + bytes(range(32))) + vector(1, bytes(8)) + vector(2, bytes.fromhex("1301c02f"))
    hello += vector(1, b"\x00") + vector(2, extensions)
    hello = Part(b"\x01") + vector(3, hello)
    # Of a record that goes on, tshark says nothing.
    return Part(b"\x16\x03\x01") + vector(2, hello, range(len(hello), 1 << 16))


def icmp(kind, code, content):
    return Part(struct.pack("!BBHI", kind, code, 0, 0x00170001)) + content


def quoted4():
    return ipv4(UDP, udp(4000, 5353, b"quoted by ICMP")).data


def quoted6():
    return ipv6(TCP, tcp(4000, 8443, 2)).data


def arp(operation, sender, target):
    mac = bytes.fromhex("020000002302")
    return Part(struct.pack("!HH", 1, IPV4)) + field(1, 6) + field(1, 4) + struct.pack(
        "!H6s4s6s4s", operation, mac, bytes(sender), bytes(6), bytes(target))


TIMES = bytes.fromhex("0204058a" "0402" "080a0000000100000000" "0103" "0307")
SOLICITED = bytes.fromhex("20010db8") + bytes(11) + b"\x42"


def frames():
    query = dns(23, 0x0100, "www.example.org", 28)
    yield link(ARP, arp(1, (10, 0, 0, 1), (10, 0, 0, 9)))
    yield link(ARP, arp(2, (10, 0, 0, 2), (10, 0, 0, 1)))
    yield link(IPV4, ipv4(UDP, udp(4000, 53, query)))
    yield link(IPV4, ipv4(UDP, udp(53, 4000, dns(42, 0x8180, "Mail.Example.ORG", 1, ANSWER))))
    yield link(IPV4, ipv4(UDP, udp(53, 4001, dns(43, 0x8183, "a", 15))))
    yield link(IPV4, ipv4(TCP, tcp(4000, 80, 0x02, options=TIMES), options=b"\x94\x04\x00\x00\x01\x01\x01\x00"))
    yield link(IPV4, ipv4(TCP, tcp(80, 4000, 0x12, options=TIMES)))
    yield link(IPV4, ipv4(TCP, tcp(4000, 443, 0x18, client_hello("www.example.org"))))
    yield link(IPV6, ipv6(TCP, tcp(4000, 443, 0x18, client_hello("six.example.org"), options=TIMES)))
    yield link(IPV4, ipv4(UDP, udp(4000, 2000, bytes(24)), fragment=0x2000))
    yield link(IPV4, ipv4(UDP, bytes(32), fragment=0x2004))
    yield tag(VLAN, 5, IPV4, ipv4(ICMP, icmp(8, 0, b"is anybody there")))
    yield tag(QINQ, 6, VLAN, Part(struct.pack("!HH", 7, IPV6)) + ipv6(ICMPV6, icmp(128, 0, b"or there")))
    yield link(IPV4, ipv4(ICMP, icmp(3, 3, quoted4())))
    yield link(IPV4, ipv4(ICMP, icmp(11, 0, quoted4()[:28])))
    yield link(IPV6, ipv6(ICMPV6, icmp(2, 0, quoted6())))
    yield link(IPV6, ipv6(ICMPV6, icmp(1, 4, quoted6())))
    yield link(IPV6, ipv6(ICMPV6, icmp(135, 0, SOLICITED + bytes.fromhex("0101020000002302"))))
    yield link(IPV6, ipv6(ICMPV6, icmp(136, 0, SOLICITED)))
    yield link(IPV6, ipv6(0, options6(UDP, udp(4000, 53, query))))
    yield link(IPV6, ipv6(ROUTING, routing(UDP, udp(4000, 53, query))))
    yield link(IPV6, ipv6(DSTOPTS, options6(TCP, tcp(4000, 22, 2, options=TIMES))))
    yield link(IPV6, ipv6(FRAGMENT, fragment6(UDP, 1, udp(4000, 2001, bytes(24)))))
    yield link(IPV6, ipv6(FRAGMENT, fragment6(UDP, 32, bytes(24))))
    yield link(IPV6, ipv6(AH, authentication(UDP, udp(4000, 2002, b"signed"))))
    yield link(IPV6, ipv6(0, options6(ROUTING, routing(FRAGMENT, fragment6(AH, 0, authentication(
        DSTOPTS, options6(TCP, tcp(4000, 2003, 0x10, b"behind five"))))))))
    yield link(IPV6, ipv6(NONE, b"nothing is next"))
    yield link(IPV4, ipv4(SCTP, struct.pack("!HHII", 4000, 2905, 1, 2) + bytes(16)))
    yield link(IPV4, ipv4(ESP, struct.pack("!II", 5, 6) + bytes(16)))
    # Tunnels: what is inside is in no row.
    inner = ipv4(TCP, tcp(5000, 6000, 2))
    yield link(IPV4, ipv4(IPIP, inner))
    yield link(IPV4, ipv4(SIX_IN_FOUR, ipv6(UDP, udp(5000, 6001, b"inside"))))
    yield link(IPV6, ipv6(IPIP, inner))
    yield link(IPV4, ipv4(GRE, struct.pack("!HHI", 0x2000, IPV4, 7) + inner.data))
    yield link(IPV4, ipv4(UDP, udp(4000, 4789, bytes.fromhex("0800000000002a00") + link(IPV4, inner).data)))
    yield link(IPV4, ipv4(UDP, udp(4000, 6081, bytes.fromhex("0000655800002a00") + link(IPV4, inner).data)))
    yield link(MPLS, struct.pack("!I", 42 << 12 | 1 << 8 | 64) + inner.data)
    yield link(PPPOE, struct.pack("!BBHHH", 0x11, 0, 5, 2 + len(inner), 0x21) + inner.data)
    yield link(8 + 40, b"\xaa\xaa\x03\x00\x00\x00\x08\x00" + inner.data)


def lies(frame):
    for offset, size, mask, shift, fits in frame.lengths:
        whole = int.from_bytes(frame.data[offset:offset + size], "big")
        true, most = (whole & mask) >> shift, mask >> shift
        values = {0, 1, max(true - 1, 0), min(true + 1, most), most}
        for value in sorted(values.difference(fits, {true})):
            lie = (whole & ~mask) | value << shift
            yield frame.data[:offset] + lie.to_bytes(size, "big") + frame.data[offset + size:]


def packets(kind):
    """Of each, its bytes, and how many it had."""
    for frame in frames():
        yield frame.data, len(frame)
        if kind == "lies":
            for data in lies(frame):
                yield data, len(data)
            continue
        for end in range(1, len(frame)):
            yield frame.data[:end], len(frame) if kind == "recorded" else end


CONNECTION = struct.pack("!HH", 4000, 443)


def connect_anew(data, number):
    """Each ClientHello begins a connection: of a second one in the same, tshark says less."""
    return data.replace(CONNECTION, struct.pack("!HH", 10000 + number, 443), 1)


def main(kind, path):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number, (data, length) in enumerate(packets(kind)):
            out.write(struct.pack("<IIII", 1000000000 + number // 1000, number % 1000 * 1000, len(data), length))
            out.write(connect_anew(data, number))


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("short", "recorded", "lies"):
        sys.exit(__doc__)
    main(*sys.argv[1:])
