#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""submit.c under python3-bpfcc: reader.py FILE INTERFACE perf|ring FUNCTION.

Its callback only counts. Attached with the bare system call, to tcx. Says "attached to",
and when it is told to end "RECEIVED LOST", as far as it knows.
"""
import ctypes
import signal
import socket
import struct
import sys

from bcc import BPF

SYS_BPF = 321 if sys.maxsize > 2**32 else 357  # x86
BPF_LINK_CREATE = 28
BPF_TCX_INGRESS = 46

source, interface, kind, name = sys.argv[1:]
bpf = BPF(src_file=source, cflags=["-DRING"] if kind == "ring" else [])
received = lost = 0
ended = False


def count(*_):
    global received
    received += 1


def count_lost(*arguments):
    global lost
    lost += arguments[-1]


def end(*_):
    global ended
    ended = True


signal.signal(signal.SIGINT, end)
if kind == "ring":
    bpf["events"].open_ring_buffer(count)
    poll = bpf.ring_buffer_poll
else:
    bpf["events"].open_perf_buffer(count, page_cnt=64, lost_cb=count_lost)
    poll = bpf.perf_buffer_poll
function = bpf.load_func(name, BPF.SCHED_CLS)
attributes = struct.pack("IIII48x", function.fd, socket.if_nametoindex(interface),
                         BPF_TCX_INGRESS, 0)
libc = ctypes.CDLL(None, use_errno=True)
if libc.syscall(SYS_BPF, BPF_LINK_CREATE, attributes, len(attributes)) < 0:
    sys.exit("cannot attach: errno %d" % ctypes.get_errno())
print("attached to", interface, file=sys.stderr, flush=True)
while not ended:
    poll(100)
print(received, lost)
