# SPDX-License-Identifier: Apache-2.0
"""strangers.py PORT NUMBER: requests that were damaged on the way, the same ones each time."""
import random
import socket
import sys

HOST = b" HTTP/1.1\r\nHost: localhost\r\n"
REQUESTS = [
    b"GET /" + HOST + b"\r\n",
    b"GET /tables/x" + HOST + b"Accept: text/plain;q=0.1,*/*;q=0\r\nConnection: close\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: [::1]:80\r\nAccept: application/openmetrics-text;q=.5,text/plain\r\n\r\n",
    b"GET /events" + HOST + b"Last-Event-ID: 18446744073709551615\r\n\r\n",
    b"POST /tables" + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HEAD /events HTTP/1.0\r\nHost: localhost\r\n\r\n",
    b"GET /tables" + HOST + b"\r\nGET /columns" + HOST + b"\r\n",
]
PIECES = [b"%00", b"\r\n", b"/../", b"%ff%2e", b"\0", b": ", b"A" * 3000,
          b"Content-Length: 99999999999999999999\r\n"]


def damaged(chance):
    request = bytearray(chance.choice(REQUESTS))
    for _ in range(chance.randint(0, 6)):
        place = chance.randrange(len(request) + 1)
        what = chance.randrange(5)
        if what == 0:
            request[place:place + 1] = bytes([chance.randrange(256)])
        elif what == 1:
            del request[place:place + chance.randint(1, 9)]
        elif what == 2:
            request[place:place] = chance.randbytes(chance.randint(1, 9))
        elif what == 3:
            request[place:place] = chance.choice(PIECES)
        else:
            request += chance.choice(REQUESTS)
    return bytes(request)


def main():
    chance = random.Random(23)
    for _ in range(int(sys.argv[2])):
        with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as stranger:
            stranger.settimeout(0.02)
            try:
                stranger.sendall(damaged(chance))
                if chance.random() < 0.5:
                    stranger.shutdown(socket.SHUT_WR)
                stranger.recv(200)
            except OSError:
                pass


main()
