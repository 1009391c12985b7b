# SPDX-License-Identifier: Apache-2.0
# The trouble of each question of docs/recipes.md: traffic_HEADING, in small letters. To be
# sourced by recipes.sh.
# shellcheck shell=bash

# --- who serves what

serve() { # for the whole test
	local name
	mkdir "$WORK/www"
	head -c 400000 /dev/zero >"$WORK/www/large"
	echo "hello" >"$WORK/www/index.html"
	cat >"$WORK/nginx.conf" <<-END
		daemon off; pid $WORK/nginx.pid; error_log $WORK/nginx.log; worker_processes 1;
		events {}
		http { access_log off; client_body_temp_path $WORK/t1; proxy_temp_path $WORK/t2;
			fastcgi_temp_path $WORK/t3; uwsgi_temp_path $WORK/t4; scgi_temp_path $WORK/t5;
			server { listen 80; listen [::]:80; listen 8443; root $WORK/www; } }
	END
	box nginx -c "$WORK/nginx.conf" 2>/dev/null &
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=box -keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>/dev/null
	box openssl s_server -accept 443 -key "$WORK/key.pem" -cert "$WORK/cert.pem" -quiet \
		-cipher 'ALL:@SECLEVEL=0' >/dev/null 2>&1 &
	outside dnsmasq --no-daemon --no-resolv --no-hosts --bind-interfaces --listen-address=192.0.2.1 \
		--address=/example.net/192.0.2.80 --pid-file= >/dev/null 2>&1 &
	for name in "192.0.2.10 80" "192.0.2.10 443"; do
		check "somebody listens at ${name/ /:}" within 10 outside bash -c "exec 9<>/dev/tcp/${name/ //}"
	done
	check "DNS is answered" within 10 box dig +short +tries=1 +time=1 @192.0.2.1 www.example.net
}

make_files() { # that the commands name
	printf '%s\n' 192.0.2.66 203.0.113.0/24 2001:db8:bad::/48 >"$WORK/folder/denied.txt"
	: >"$WORK/tcpdump"
	nsenter --net=/run/netns/outside -- tcpdump -i line -w "$WORK/folder/night.pcap" --immediate-mode -U 2>"$WORK/tcpdump" &
	check "tcpdump listens" within 10 grep -q listening "$WORK/tcpdump"
	traffic_what_fills_the_link
	kill $!
	wait $!
}

get() { outside curl -sS -o /dev/null --max-time 10 "$@"; }

# --- the troubles

traffic_what_fills_the_link() {
	for i in 1 2 3; do get --interface 192.0.2.21 http://192.0.2.10/large; done
	get --interface 192.0.2.22 http://192.0.2.10/
	get -g "http://[2001:db8::10]/large"
}
traffic_which_service_is_it() {
	traffic_what_fills_the_link
	box dig +short @192.0.2.1 www.example.net
}
traffic_which_connection_and_which_process_of_this_box() {
	get --limit-rate 200k --interface 192.0.2.21 http://192.0.2.10/large
}
traffic_does_the_packet_get_here_and_does_anybody_answer() {
	get --interface 192.0.2.21 http://192.0.2.10:8443/
	ip -n box route add blackhole 192.0.2.22
	outside timeout 2 curl -sS --interface 192.0.2.22 http://192.0.2.10:8443/
	ip -n box route del blackhole 192.0.2.22
}
traffic_who_connects_to_us_and_who_is_refused() {
	get --interface 192.0.2.21 http://192.0.2.10/large
	get --interface 192.0.2.22 http://192.0.2.10:9999/
}
# Of what the box sends, the other end throws each seventh large segment away.
traffic_who_retransmits() {
	nsenter --net=/run/netns/outside -- "$SKBSCOPE" run --enforce -e '#include <linux/pkt_cls.h>
		BPF_ARRAY(n, u32, 1);
		u32 zero = 0, *seen = n.lookup(&zero);
		if (seen && skb->len > 1000 && (*seen)++ % 7 == 3) return TC_ACT_SHOT;' \
		-i line -Q in >/dev/null 2>"$WORK/loss" &
	within 20 grep -q attached "$WORK/loss" || cat "$WORK/loss"
	get --interface 192.0.2.21 http://192.0.2.10/large
	kill $!
	wait $!
	get --interface 192.0.2.22 http://192.0.2.10/large
}
traffic_is_it_dns() {
	local name
	for name in www.example.net mail.example.net; do box dig +short @192.0.2.1 $name; done
	box dig +short @192.0.2.1 www.nowhere.test
	box dig +short +tries=1 +time=1 @192.0.2.22 www.example.net # where nobody answers
}
traffic_who_still_speaks_an_old_tls() {
	outside bash -c "echo | openssl s_client -connect 192.0.2.10:443 -bind 192.0.2.21:0 -servername www.example.net -alpn h2,http/1.1"
	outside bash -c "echo | openssl s_client -connect 192.0.2.10:443 -bind 192.0.2.22:0 -servername old.example.net -tls1 -cipher ALL:@SECLEVEL=0"
}
traffic_why_is_it_unreachable() {
	box ping -q -c 2 -i 0.1 192.0.2.21
	box bash -c "echo >/dev/udp/192.0.2.21/4000"
	ip -n outside route add prohibit 198.51.100.0/24
	nsenter --net=/run/netns/outside -- sysctl -q net.ipv4.ip_forward=1
	box ping -q -c 2 -i 0.1 -W 1 198.51.100.7
}
traffic_who_scans_us() {
	outside nmap -n -Pn -sS -S 192.0.2.66 -e line -p 1-200 --max-retries 0 --host-timeout 10 192.0.2.10
	outside nmap -n -Pn -sX -S 192.0.2.66 -e line -p 80 --max-retries 0 --host-timeout 5 192.0.2.10
}
traffic_do_packets_have_to_be_cut() {
	traffic_what_fills_the_link
	outside ping -q -c 3 -i 0.1 -s 4000 192.0.2.10
}
traffic_do_two_boxes_claim_one_address() {
	ip -n outside link add second link line address 02:00:00:00:00:66 type macvlan mode bridge
	ip -n outside link set second up
	ip -n box neigh flush dev eth0
	outside arping -q -c 2 -A -I line 192.0.2.66
	outside arping -q -c 2 -A -s 192.0.2.66 -I second 192.0.2.66
	ip -n outside link del second
}
traffic_who_sends_what_no_stack_takes() {
	outside python3 - "$(ip -n box -j link show eth0 | gojq -r '.[].address')" <<-'END'
		import socket, struct, sys
		line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
		line.bind(("line", 0))
		there, here = bytes.fromhex(sys.argv[1].replace(":", "")), bytes.fromhex("020000000066")
		for source, ttl, checksum in ("127.0.0.1", 64, 0), ("192.0.2.66", 0, 0), ("192.0.2.66", 64, 1):
		    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20, 0, 0, ttl, 253, 0,
		                         socket.inet_aton(source), socket.inet_aton("192.0.2.10"))
		    total = sum(struct.unpack("!10H", header))
		    total = (total & 0xffff) + (total >> 16)
		    header = header[:10] + struct.pack("!H", (~total & 0xffff) ^ checksum) + header[12:]
		    line.send((there + here + b"\x08\x00" + header).ljust(60, b"\0"))
	END
}
traffic_what_is_on_the_wire_that_i_did_not_expect() {
	ip -n box neigh flush dev eth0 # so it asks, whenever it did so last
	traffic_which_service_is_it
	outside ping -q -c 2 -i 0.1 192.0.2.10
	outside "$TOOLS/send" -i line -k vlan -n 3
}
traffic_what_would_this_blocklist_stop() {
	get --interface 192.0.2.66 http://192.0.2.10/
	get --interface 192.0.2.21 http://192.0.2.10/
	outside ping -q -c 3 -i 0.1 -I 203.0.113.9 192.0.2.10
}
traffic_whom_would_a_limit_hit() {
	get --interface 192.0.2.22 http://192.0.2.10/
	outside bash -c "for i in {1..200}; do head -c 1000 /dev/zero >/dev/udp/192.0.2.10/9; done"
}
traffic_which_packets_are_these_exactly() {
	outside ping -q -c 2 -i 0.1 192.0.2.10
}
traffic_what_was_it_last_night() { :; }
