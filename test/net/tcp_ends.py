#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Ends of TCP connections that no browser makes: "serve PORT" and "connect ADDRESS PORT",
"take PORT BYTES" and "give ADDRESS PORT BYTES".

Of the first connection the server does not read until the window is closed and was probed; the
second it ends with an RST, without reading; the third stays open until the client's stdin ends.

Who gives waits for a line on stdin before it begins, and for the end of stdin before it closes.
"""
import select
import socket
import struct
import sys

FULL = 400000


def serve(port):
    listener = socket.create_server(("", port))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20000)
    print("listening", flush=True)
    first, _ = listener.accept()
    second, _ = listener.accept()  # the client opens it when the window is closed
    while first.recv(65536):
        pass
    first.close()
    second.recv(1)
    second.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    second.close()
    third, _ = listener.accept()
    third.sendall(b"open")
    third.recv(1)
    third.close()


def connect(address, port):
    first = socket.create_connection((address, port))
    first.setblocking(False)
    left = FULL
    while True:
        try:
            left -= first.send(bytes(min(left, 65536)))
        except BlockingIOError:
            if not select.select([], [first], [], 0.7)[1]:
                break  # nothing was read for as long as it takes to probe
    second = socket.create_connection((address, port))
    first.setblocking(True)
    first.sendall(bytes(left))
    first.close()
    second.sendall(bytes(1000))
    try:
        while second.recv(1):
            pass
    except ConnectionResetError:
        print("reset", flush=True)
    third = socket.create_connection((address, port))
    third.recv(4)
    print("open", third.getsockname()[1], flush=True)
    sys.stdin.read()
    third.close()


def take(port, size):
    listener = socket.create_server(("", port))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 60000)
    print("listening", flush=True)
    connection, _ = listener.accept()
    while size:
        size -= len(connection.recv(65536))
    connection.sendall(b"!")
    connection.recv(1)


def give(address, port, size):
    connection = socket.create_connection((address, port))
    # Others empty the queue now and then to see how long the way is without it.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
    print("connected", flush=True)
    sys.stdin.readline()
    connection.sendall(bytes(size))
    connection.recv(1)
    print("taken", flush=True)
    sys.stdin.read()
    connection.close()


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
elif sys.argv[1] == "connect":
    connect(sys.argv[2], int(sys.argv[3]))
elif sys.argv[1] == "take":
    take(int(sys.argv[2]), int(sys.argv[3]))
else:
    give(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
