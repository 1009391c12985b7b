#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether rows of a replay are those that tshark finds in the same capture.

  odd_rows.py [most] CAPTURE PROGRAM=READING…

A READING is a file with the last reading that "run PROGRAM -r CAPTURE -j" gave. What differs is printed, a
line each, and then the exit status is 1. tshark does not put together what was sent in parts: a program
has one packet at a time.
"""
import collections
import ipaddress
import json
import subprocess
import sys

FIELDS = """frame.number frame.len frame.protocols frame.p2p_dir sll.pkttype eth.type vlan.etype
ieee8021ad.id ip.src ip.dst ip.proto ip.frag_offset ip.version ipv6.src ipv6.dst ipv6.nxt ipv6.hopopts.nxt
ipv6.routing.nxt ipv6.fraghdr.nxt ipv6.dstopts.nxt ah.next_header ipv6.fraghdr.offset tcp.srcport tcp.dstport
tcp.flags udp.srcport udp.dstport udp.length sctp.srcport sctp.dstport dccp.srcport dccp.dstport icmp.type
icmp.code icmpv6.type icmpv6.code icmpv6.nd.ns.target_address icmpv6.nd.na.target_address
dns.qry.name dns.qry.type dns.flags.response dns.flags.opcode dns.count.queries
tls.handshake.type tls.handshake.extensions_server_name tls.handshake.version
tls.handshake.extensions.supported_version tls.handshake.extensions_alpn_str arp.opcode arp.hw.type
arp.proto.type arp.hw.size arp.proto.size arp.src.proto_ipv4 arp.dst.proto_ipv4 arp.src.hw_mac""".split()
OPTIONS = ["ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.desegment_tcp_streams:FALSE",
           "tcp.analyze_sequence_numbers:FALSE", "tls.desegment_ssl_records:FALSE",
           "tls.desegment_ssl_application_data:FALSE"]
EXTENSIONS = {"ipv6.hopopts": 0, "ipv6.routing": 43, "ipv6.fraghdr": 44, "ipv6.dstopts": 60, "ah": 51}
NO_PROTOCOL = (None, *EXTENSIONS.values())  # the packet ends before
TAGS = ("vlan", "ieee8021ad")
PORTS = {"tcp": 6, "udp": 17, "sctp": 132, "dccp": 33, "udplite": 136}


class Frame:
    def __init__(self, line):
        self.of = dict(zip(FIELDS, (text.split("\x1f") if text else [] for text in line.split("\t"))))
        protocols = self.of["frame.protocols"] and self.of["frame.protocols"][0].split(":") or []
        self.is_ethernet = protocols[:1] == ["eth"]
        if self.is_ethernet:
            protocols = protocols[1:]
        self.tags = 0
        while protocols and (protocols[0] in TAGS or protocols[0] == "ethertype"):
            self.tags += protocols.pop(0) in TAGS
        self.family = protocols[0] if protocols and protocols[0] in ("ip", "ipv6", "arp") else None
        self.above = protocols[1:]
        self.chain()

    def chain(self):
        """The IP protocol behind the extensions, and whether it can have a header here."""
        self.source = self.target = self.protocol = None
        self.offset = 0
        if self.family not in ("ip", "ipv6"):
            return
        version = self.family
        self.source, self.target = self.text(version + ".src"), self.text(version + ".dst")
        self.offset = self.number("ip.frag_offset") or 0 if version == "ip" else 0
        self.protocol = self.number("ip.proto" if version == "ip" else "ipv6.nxt")
        for name in list(self.above):
            if name not in EXTENSIONS or self.offset or EXTENSIONS[name] != self.protocol:
                break
            self.above.pop(0)
            values = self.of["ah.next_header" if name == "ah" else name + ".nxt"]
            self.protocol = int(values.pop(0)) if values else None
            if name == "ipv6.fraghdr":
                self.offset = self.number("ipv6.fraghdr.offset") or 0

    def text(self, field):
        return self.of[field][0] if self.of[field] else None

    def number(self, field):
        return int(self.text(field), 0) if self.of[field] else None

    def bytes(self):
        """As the program has them: the outer tag is beside the packet."""
        return self.number("frame.len") - 4 * bool(self.tags)

    def is_sent(self):
        return self.number("sll.pkttype") == 4 or self.number("frame.p2p_dir") == 0

    def ports(self):
        """Names of protocols above, if one with ports is next."""
        name = self.above[0] if self.above else None
        if not name or self.offset or PORTS.get(name, -1) != self.protocol or not self.source:
            return None
        ends = self.number(name + ".srcport"), self.number(name + ".dstport")
        return None if None in ends else ends


def text_of(row, column):
    return row.get("text", {}).get(column, row[column])


def address(text):
    return str(ipaddress.ip_address(text))


def talkers(frames):
    out = collections.Counter()
    for frame in frames:
        if frame.source and frame.target:
            out[address(frame.target if frame.is_sent() else frame.source)] += 1
    return out


def talkers_rows(tables):
    return {text_of(row, "address"): row["in_packets"] + row["out_packets"] for row in tables["talkers"]["rows"]}


def protocols(frames):
    out = collections.Counter()
    for frame in frames:
        if frame.source and frame.target and frame.protocol not in NO_PROTOCOL:
            out[frame.family, frame.protocol] += 1
    return out


def protocols_rows(tables):
    out = collections.Counter()
    for row in tables["ip_protocols"]["rows"]:
        out["ip" if row["family"] == 0x800 else "ipv6", row["protocol"]] += row["packets"]
    return out


def services(frames):
    out = collections.Counter()
    for frame in frames:
        ends = frame.ports()
        if ends:
            out[frame.protocol, min(ends), address(frame.target if frame.is_sent() else frame.source)] += 1
    return out


def services_rows(tables):
    return {(row["protocol"], row["port"], text_of(row, "address")): row["in_packets"] + row["out_packets"]
            for row in tables["services"]["rows"]}


def flows(frames):
    out = collections.Counter()
    for frame in frames:
        if frame.ports():
            one, other = frame.ports()
            out[frame.protocol, *sorted([(address(frame.source), one), (address(frame.target), other)])] += 1
    return out


def flows_rows(tables):
    out = collections.Counter()
    for row in tables["flows"]["rows"]:
        ends = sorted((text_of(row, end), int(text_of(row, end + "_port")))
                       for end in ("local", "remote"))
        if row["protocol"] in PORTS.values():
            out[row["protocol"], *ends] += row["in_packets"] + row["out_packets"]
    return out


def icmp_of(frame):
    name = frame.above[0] if frame.above else None
    if not name or frame.offset or {"icmp": 1, "icmpv6": 58}.get(name, -1) != frame.protocol:
        return None
    kind, code = frame.number(name + ".type"), frame.number(name + ".code")
    return None if None in (kind, code) else (0x10000 * (name == "icmpv6") | kind, code)


ERRORS = (3, 4, 11, 12, 0x10001, 0x10002, 0x10003, 0x10004)


def quoted_by(frame, kind, code):
    """The row of an error, with the packet that is quoted: tshark has its addresses second."""
    family = "ipv6" if kind & 0x10000 else "ip"
    sources, targets = frame.of[family + ".src"][1:], frame.of[family + ".dst"][1:]
    if not sources or not targets:
        return None
    ports = frame.of["udp.dstport"] + frame.of["tcp.dstport"] + frame.of["sctp.dstport"]
    return ("unreachable", kind << 8 & 0xff00 | kind & 0x10000 | code, address(frame.source), address(sources[0]),
            address(targets[0]), int(ports[0]) if ports else 0)


def icmp(frames):
    out = collections.Counter()
    for frame in frames:
        message = icmp_of(frame)
        if not message:
            continue
        out["message", *message] += 1
        if message[0] in ERRORS and quoted_by(frame, *message):
            out[quoted_by(frame, *message)] += 1
        if message[0] in (8, 0x10080):
            out["ping", address(frame.source), address(frame.target)] += 1
        elif message[0] in (0, 0x10081):
            out["ping", address(frame.target), address(frame.source)] += 1
        elif message[0] in (0x10087, 0x10088):
            target = frame.text("icmpv6.nd.%s.target_address" % ("ns" if message[0] == 0x10087 else "na"))
            if target:
                out["neighbour", message[0], address(frame.source), address(target)] += 1
    return out


def icmp_rows(tables):
    out = collections.Counter()
    for row in tables["messages"]["rows"]:
        out["message", row["type"], row["code"]] += row["messages"]
    for row in tables["pings"]["rows"]:
        out["ping", text_of(row, "from"), text_of(row, "to")] += row["requests"] + row["replies"]
    for row in tables["unreachables"]["rows"]:
        out["unreachable", row["reason"], *(text_of(row, name) for name in ("by", "to", "destination")),
            int(text_of(row, "port"))] += row["messages"]
    for row in tables["neighbours"]["rows"]:
        if row["kind"] in (0x10087, 0x10088):
            out["neighbour", row["kind"], text_of(row, "from"), text_of(row, "target")] += row["messages"]
    return out


def arp(frames):
    out = collections.Counter()
    for frame in frames:
        kind = [frame.number("arp." + name) for name in ("hw.type", "proto.type", "hw.size", "proto.size")]
        sender, target = frame.text("arp.src.proto_ipv4"), frame.text("arp.dst.proto_ipv4")
        if frame.family != "arp" or kind != [1, 0x800, 6, 4] or not sender or not target:
            continue
        if frame.number("arp.opcode") == 1 and sender != target:
            out["question", sender, target] += 1
        if sender != "0.0.0.0":
            out["owner", sender, frame.text("arp.src.hw_mac")] += 1
    return out


def arp_rows(tables):
    out = collections.Counter()
    for row in tables["questions"]["rows"]:
        out["question", text_of(row, "from"), text_of(row, "wanted")] += row["asked"]
    for row in tables["owners"]["rows"]:
        out["owner", text_of(row, "address"), text_of(row, "mac")] += row["claims"]
    return out


def dns(frames):
    out = collections.Counter()
    for frame in frames:
        if frame.protocol != 17 or not frame.ports() or 53 not in frame.ports() or frame.above[1:2] != ["dns"]:
            continue
        if frame.number("dns.flags.opcode") != 0 or frame.number("dns.count.queries") != 1:
            continue
        name, kind = frame.text("dns.qry.name"), frame.number("dns.qry.type")
        if name is None or kind is None:
            continue
        name = "." if name == "<Root>" else name.lower()
        out[name, kind, "answer" if frame.text("dns.flags.response") in ("1", "True") else "query"] += 1
    return out


def dns_rows(tables):
    out = collections.Counter()
    for row in tables["names"]["rows"]:
        out[row["name"], row["type"], "query"] += row["queries"]
        out[row["name"], row["type"], "answer"] += row["answers"]
    return +out


def tls(frames):
    out = collections.Counter()
    for frame in frames:
        if frame.above[:2] != ["tcp", "tls"] or frame.number("tls.handshake.type") != 1:
            continue
        names, protocols = frame.of["tls.handshake.extensions_server_name"], frame.of["tls.handshake.extensions_alpn_str"]
        offered = [int(text, 0) for text in frame.of["tls.handshake.extensions.supported_version"]]
        offered = [version for version in offered if 0x300 <= version <= 0x304]
        version = max(offered or [frame.number("tls.handshake.version") or 0])
        out[address(frame.source), names[0] if names else "", version, ",".join(protocols)] += 1
    return out


def tls_rows(tables):
    return {(text_of(row, "client"), row["server_name"], row["version"], row["alpn"]): row["hellos"]
            for row in tables["clients"]["rows"]}


def is_part_of(key, whole):
    """Of a ClientHello that goes on elsewhere, what was not found is ? or 0."""
    return all(a == b or a in ("?", 0) for a, b in zip(key, whole))


def is_contradicted(program, key, has, should, expected, at_most):
    if program == "tls" and ("?" in key or 0 in key):
        return not any(is_part_of(key, whole) for whole in expected)
    if program in ("services", "flows") and key[0] == PORTS["sctp"] and at_most:
        return not should  # tshark wants its whole header, not only the ports
    return has > should if at_most else has != should


def compare(program, expected, rows, at_most):
    ok = True
    for key in sorted(set(expected) | set(rows), key=str):
        should, has = expected.get(key, 0), rows.get(key, 0)
        if is_contradicted(program, key, has, should, expected, at_most):
            ok = False
            print("%s: %s: %d, and %d by tshark" % (program, key, has, should))
    return ok


def main(capture, readings, at_most):
    command = ["tshark", "-n", "-r", capture, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=\x1f"]
    for option in OPTIONS:
        command += ["-o", option]
    for field in FIELDS:
        command += ["-e", field]
    text = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    lines = text.decode("utf-8", "replace").split("\n")[:-1]
    if not lines:
        sys.exit("tshark has nothing to say of %s" % capture)
    ok = True
    for reading in readings:
        program, _, path = reading.partition("=")
        with open(path, encoding="utf-8") as file:
            tables = json.loads(file.read().strip().split("\n")[-1])["tables"]
        frames = [Frame(line) for line in lines]
        ok &= compare(program, globals()[program](frames), globals()[program + "_rows"](tables), at_most)
    return 0 if ok else 1


if __name__ == "__main__":
    AT_MOST = sys.argv[1] == "most"
    sys.exit(main(sys.argv[1 + AT_MOST], sys.argv[2 + AT_MOST:], AT_MOST))
