#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""programs/packet_count.c under python3-bpfcc: packet_count.py FILE INTERFACE TABLE.

Attached with the bare system call, to tcx where the kernel has it: importing
pyroute2, as most tutorials do, would add a quarter of a second to the figure.
"""
import ctypes
import socket
import struct
import sys
import time

from bcc import BPF

SYS_BPF = 321 if sys.maxsize > 2**32 else 357  # x86
BPF_LINK_CREATE = 28
BPF_TCX_INGRESS = 46

bpf = BPF(src_file=sys.argv[1])
function = bpf.load_func("count_packets", BPF.SCHED_CLS)
attributes = struct.pack("IIII48x", function.fd, socket.if_nametoindex(sys.argv[2]),
                         BPF_TCX_INGRESS, 0)
libc = ctypes.CDLL(None, use_errno=True)
link = libc.syscall(SYS_BPF, BPF_LINK_CREATE, attributes, len(attributes))
if link < 0:
    sys.exit("cannot attach: errno %d" % ctypes.get_errno())
try:
    while True:
        time.sleep(1)
        for key, value in bpf[sys.argv[3]].items():
            print(key.value, value.value)
except KeyboardInterrupt:
    pass
